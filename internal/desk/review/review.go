// Package review shows a reviewer what a merge request does: in files that a job keeps, and in a comment of the merge request.
package review

// TokenVariable is the variable with an access token for the comment. Without it there is no comment.
const TokenVariable = "STEMMA_REVIEW_TOKEN"

package job

// keepsTags says which kind of pipeline does not move a tag written by hand that exists; it is empty where the tag moves. Whoever may push
// to any branch could otherwise replace an image that protected branches use. Jobs written for ci-templates move their tags there.
func (j buildJob) keepsTags() string {
	switch {
	case j.OnMergeRequest:
		return "a merge request"
	case j.IsUnprotected && j.IsCompiled:
		return "an unprotected branch or git tag"
	default:
		return ""
	}
}

func (b *builder) logTagStays() {
	b.logf("The tag %s stays where it is: %s does not move a tag that others use.", b.job.Tag, b.job.keepsTags())
}

// Package provenance is what labels say of where an image or a record comes from: the job that made it, its parents and its wave.
package provenance

import (
	"encoding/json"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Parent is one entry of schema.LabelParents.
type Parent struct {
	// Name is that of an image of the same project; empty for any other image.
	Name      string `json:"name,omitempty"`
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
}

// Parents returns the parents that an image was built on, by its labels; none if they cannot be read.
func Parents(labels map[string]string) []Parent {
	return list[Parent](labels[schema.LabelParents])
}

// Move is one entry of schema.LabelMoved: a parent that had another digest when the image before this one was built.
type Move struct {
	Name      string `json:"name,omitempty"`
	Reference string `json:"reference"`
	Before    string `json:"before"`
	After     string `json:"after"`
}

// Moves returns the parents that had moved when an image was built, by its labels; none if they cannot be read.
func Moves(labels map[string]string) []Move { return list[Move](labels[schema.LabelMoved]) }

func list[T any](label string) []T {
	var values []T
	if json.Unmarshal([]byte(label), &values) != nil {
		return nil
	}
	return values
}

// Created returns the time when an image with these labels was built; zero if they do not tell.
func Created(labels map[string]string) time.Time {
	created, _ := time.Parse(time.RFC3339, labels[schema.LabelCreated]) // which is zero after an error
	return created
}

// Job returns the labels that name the job that makes an image or a record, and the time.
func Job(getenv func(string) string, now time.Time) map[string]string {
	labels := map[string]string{schema.LabelCreated: now.UTC().Format(time.RFC3339)}
	for label, variable := range map[string]string{
		schema.LabelPipelineID: "CI_PIPELINE_ID", schema.LabelJobID: "CI_JOB_ID", schema.LabelProject: "CI_PROJECT_PATH", schema.LabelCommit: "CI_COMMIT_SHA",
	} {
		if value := getenv(variable); value != "" {
			labels[label] = value
		}
	}
	return labels
}

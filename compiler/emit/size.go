package emit

import "gitlab.com/stemma-ci/stemma/compiler/tree"

// maxParsed keeps a file below GitLab's limit of 2 MB, which counts the memory of the parsed objects and not the bytes of
// the file, https://docs.gitlab.com/administration/cicd/limits/. Half a megabyte is left for what the estimate misses.
const maxParsed = 1_500_000

// parsedSize estimates the memory of a value in Ruby: 40 bytes an object, more for text over 23 bytes, for maps over eight
// entries and for lists over three items.
func parsedSize(n *tree.Node) int {
	const object = 40
	switch n.Kind {
	case tree.Map:
		size := object + 192
		if len(n.Fields) > 8 {
			size = object + 64*len(n.Fields)
		}
		for i := range n.Fields {
			size += textSize(n.Fields[i].Name) + parsedSize(n.Fields[i].Value)
		}
		return size
	case tree.List:
		size := object + 8*len(n.Items)
		for _, item := range n.Items {
			size += parsedSize(item)
		}
		return size
	default:
		return textSize(n.Text)
	}
}

func textSize(text string) int {
	if len(text) > 23 {
		return 40 + len(text) + 1
	}
	return 40
}

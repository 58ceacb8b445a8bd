package cuex

import (
	"fmt"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestDump(t *testing.T) {
	s, err := Load(schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	sh, err := s.shape("Definition")
	if err != nil {
		t.Fatal(err)
	}
	dump(sh, "")
}

func dump(s *shape, in string) {
	if s.scalar != nil {
		fmt.Printf("%sscalar %v values=%v say=%q con=%v %p\n", in, s.scalar.kind, s.scalar.values, s.scalar.say, s.scalar.constraint.Exists(), s.scalar)
	}
	if s.item != nil {
		fmt.Println(in + "list")
		dump(s.item, in+"  ")
	}
	if s.object != nil {
		if s.object.value != nil {
			fmt.Println(in + "open")
			if s.object.key != nil {
				dump(s.object.key, in+" k ")
			}
			dump(s.object.value, in+"  ")
		}
		for _, f := range s.object.fields {
			fmt.Println(in+f.name, f.required, f.also, f.shape.doc)
			dump(f.shape, in+"  ")
		}
	}
}

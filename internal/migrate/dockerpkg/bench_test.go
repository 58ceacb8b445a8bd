package dockerpkg_test

import (
	"fmt"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/migrate/dockerpkg"
)

// grove is a tree of 221 images, as many as the public trees that docker-pkg was made for have, in chains of ten.
func grove() dockerpkg.Source {
	files := forest{}
	for i := range 221 {
		name, parent := fmt.Sprintf("image%d", i), "trixie"
		if i%10 > 0 {
			parent = fmt.Sprintf("image%d", i-1)
		}
		files.plant(name, fmt.Sprintf(`{%% set packages|replace('\n', ' ') -%%}
git
curl{{ " build-essential" if quick else "" }}
{%%- endset -%%}
FROM {{ "%s" | image_tag }}
{# the tools #}
RUN {{ packages | apt_install }}&& {{ "builder" | add_user }}
{%% set version = "1.%d" -%%}
ENV VERSION={{ version }} HOME={{ "/srv/" ~ version + "/home" }}
COPY run.sh /usr/local/bin/run.sh
USER {{ "builder" | uid }}
`, parent, i))
	}
	config := "registry: reg.example.org\nnamespace: ci\nbase_images: [reg.example.org/ci/trixie:latest]\nknown_uid_mappings: {builder: 3001}\nquick: yes\n"
	return dockerpkg.Source{Tree: files, Name: "images", Config: []byte(config), ConfigName: "config.yaml"}
}

func BenchmarkRender(b *testing.B) {
	source := grove()
	for b.Loop() {
		if files, found, err := dockerpkg.Render(source); err != nil || len(files) != 221 {
			b.Fatal(found, err)
		}
	}
}

func BenchmarkImport(b *testing.B) {
	source := grove()
	for b.Loop() {
		if files, _, found, err := dockerpkg.Import(source, dockerpkg.Target{Folder: "images"}); err != nil || len(files) != 443 {
			b.Fatal(found, err)
		}
	}
}

package job

import "gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

// reader reads the variables of a job.
type reader struct{ *jobenv.Reader }

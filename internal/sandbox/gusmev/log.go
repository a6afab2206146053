package gusmev

import (
	"net/http"

	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

// logFailure hands the cause of a 500 to the portal's log: problem.Write does
// it on the way to an answer, which goes nowhere.
func logFailure(r *http.Request, err error) { problem.Write(discard{}, r, err) }

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

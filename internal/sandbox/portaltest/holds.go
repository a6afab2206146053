package portaltest

import (
	"net/http"
	"testing"
)

// Contract is the OpenAPI file of the cabinet API, for tests that make their
// requests themselves.
type Contract struct{ c *contract }

// ReadContract reads the file of this source tree.
func ReadContract(t testing.TB) *Contract {
	t.Helper()
	return &Contract{readContract(t)}
}

// Holds checks the status, the headers and the body of an answer.
func (c *Contract) Holds(method, path string, status int, header http.Header, body []byte) error {
	return c.c.holds(method, path, &Answer{Status: status, Header: header, Body: body})
}

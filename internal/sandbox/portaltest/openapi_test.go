//go:build kinopenapi

// The check needs modules that only this test needs (go-openapi/jsonpointer,
// oasdiff/yaml), so it runs where they are: go test -tags kinopenapi.

package portaltest

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestTheContractIsAGoodOpenAPIFile(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../../docs/api/cabinet.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || seen[op.OperationID] {
				t.Errorf("%s %s: operationId %q", method, path, op.OperationID)
			}
			seen[op.OperationID] = true
		}
	}
}

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
			if op.OperationID != "" && seen[op.OperationID] {
				t.Errorf("%s %s: operationId %q is there twice", method, path, op.OperationID)
			}
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
			seen[op.OperationID] = true
		}
	}
}

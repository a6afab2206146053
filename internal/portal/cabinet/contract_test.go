package cabinet

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// contract is docs/api/cabinet.openapi.yaml, read only as far as holding
// requests and answers against it takes.
type contract struct {
	t        *testing.T
	doc      map[string]any
	compiler *jsonschema.Compiler
}

const contractURL = "mem:///cabinet.openapi.json"

func readContract(t *testing.T) *contract {
	t.Helper()
	raw, err := os.ReadFile("../../../docs/api/cabinet.openapi.yaml")
	if err != nil {
		t.Skipf("the contract is not there: %v", err)
	}
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(contractURL, doc); err != nil {
		t.Fatal(err)
	}
	return &contract{t: t, doc: doc.(map[string]any), compiler: compiler}
}

// at follows a JSON pointer, through references.
func (c *contract) at(pointer string) (map[string]any, string) {
	node, where := c.doc, "#"
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "#/"), "/") {
		key := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		next, ok := node[key].(map[string]any)
		if !ok {
			return nil, ""
		}
		node, where = next, where+"/"+part
		if ref, ok := node["$ref"].(string); ok {
			node, where = c.at(ref)
		}
	}
	return node, where
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// operation finds the operation of a request and the values in its path.
func (c *contract) operation(method, path string) (pointer string, values map[string]string) {
	paths := c.doc["paths"].(map[string]any)
	for template, item := range paths {
		if _, ok := item.(map[string]any)[strings.ToLower(method)]; !ok {
			continue
		}
		want, got := strings.Split(template, "/"), strings.Split(path, "/")
		if len(want) != len(got) {
			continue
		}
		values, match := map[string]string{}, true
		for i := range want {
			if name, ok := strings.CutPrefix(want[i], "{"); ok {
				values[strings.TrimSuffix(name, "}")] = got[i]
			} else if want[i] != got[i] {
				match = false
			}
		}
		if match {
			return "#/paths/" + escape(template) + "/" + strings.ToLower(method), values
		}
	}
	return "", nil
}

// validate holds an instance against the schema at pointer.
func (c *contract) validate(what, pointer string, instance any) {
	c.t.Helper()
	_, where := c.at(pointer)
	if where == "" {
		c.t.Errorf("%s: the contract has nothing at %s", what, pointer)
		return
	}
	schema, err := c.compiler.Compile(contractURL + where)
	if err != nil {
		c.t.Errorf("%s: %v", what, err)
		return
	}
	if err := schema.Validate(instance); err != nil {
		c.t.Errorf("%s does not fit the contract: %v", what, err)
	}
}

// request holds a request against the contract and returns its operation.
func (c *contract) request(r *http.Request) (pointer, operationID string) {
	c.t.Helper()
	pointer, values := c.operation(r.Method, r.URL.Path)
	if pointer == "" {
		c.t.Errorf("the contract knows no %s %s", r.Method, r.URL.Path)
		return "", ""
	}
	op, _ := c.at(pointer)
	operationID, _ = op["operationId"].(string)
	known := map[string]bool{}
	for _, list := range []string{pointer, pointer[:strings.LastIndexByte(pointer, '/')]} {
		node, where := c.at(list)
		params, _ := node["parameters"].([]any)
		for i := range params {
			c.parameter(r, where+"/parameters", i, params[i].(map[string]any), values, known)
		}
	}
	for name := range r.URL.Query() {
		if !known["query "+name] {
			c.t.Errorf("%s: unknown query parameter %q", operationID, name)
		}
	}
	for _, name := range []string{"Idempotency-Key", "If-Match", "Prefer"} {
		if r.Header.Get(name) != "" && !known["header "+name] {
			c.t.Errorf("%s: header %s is not in the contract", operationID, name)
		}
	}
	c.security(r, op, operationID)
	body, _ := io.ReadAll(r.Body)
	if _, ok := op["requestBody"]; !ok {
		if len(body) > 0 {
			c.t.Errorf("%s: a body that nobody asked for", operationID)
		}
		return pointer, operationID
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		c.t.Errorf("%s: body is not JSON: %v", operationID, err)
		return pointer, operationID
	}
	c.validate(operationID+" request", pointer+"/requestBody/content/application~1json/schema", instance)
	return pointer, operationID
}

func (c *contract) parameter(r *http.Request, where string, i int, param map[string]any, path map[string]string, known map[string]bool) {
	c.t.Helper()
	pointer := "" // inline ones hold only simple types: see below
	if ref, ok := param["$ref"].(string); ok {
		param, pointer = c.at(ref)
	}
	name, in := param["name"].(string), param["in"].(string)
	known[in+" "+name] = true
	value, given := "", false
	switch in {
	case "query":
		value, given = r.URL.Query().Get(name), r.URL.Query().Has(name)
	case "header":
		value = r.Header.Get(name)
		given = value != ""
	case "path":
		value, given = path[name], true
	}
	if !given {
		if required, _ := param["required"].(bool); required {
			c.t.Errorf("%s %s is required", in, name)
		}
		return
	}
	schema, _ := param["schema"].(map[string]any)
	var instance any = value
	if schema["type"] == "integer" {
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			c.t.Errorf("%s %s is %q, want a number", in, name, value)
		}
		instance = json.Number(value)
	}
	if pointer != "" {
		c.validate(in+" "+name, pointer+"/schema", instance)
		return
	}
	if enum, ok := schema["enum"].([]any); ok {
		for _, e := range enum {
			if e == instance {
				return
			}
		}
		c.t.Errorf("%s %s is %q, want one of %v", in, name, value, enum)
	}
}

func (c *contract) security(r *http.Request, op map[string]any, operationID string) {
	c.t.Helper()
	needs, optional := true, false
	if list, ok := op["security"].([]any); ok {
		needs = false
		for _, s := range list {
			if _, ok := s.(map[string]any)["device"]; ok {
				if r.Header.Get(wire.DeviceTokenHeader) == "" {
					c.t.Errorf("%s needs a device's token", operationID)
				}
				continue
			}
			if len(s.(map[string]any)) == 0 {
				optional = true
			} else {
				needs = true
			}
		}
	}
	has := r.Header.Get("Authorization") != ""
	if needs && !optional && !has {
		c.t.Errorf("%s needs a marker", operationID)
	}
	if !needs && has {
		c.t.Errorf("%s takes no marker and got one", operationID)
	}
}

// answer holds an answer against the contract.
func (c *contract) answer(pointer, operationID string, status int, contentType string, body []byte) {
	c.t.Helper()
	at := pointer + "/responses/" + strconv.Itoa(status)
	if node, _ := c.at(at); node == nil {
		at = pointer + "/responses/default"
	}
	if contentType == "application/pdf" || status == http.StatusNoContent || status == http.StatusNotModified {
		return
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		c.t.Errorf("%s: the test's own answer is not JSON: %v", operationID, err)
		return
	}
	c.validate(operationID+" answer", at+"/content/"+escape(contentType)+"/schema", instance)
}

package portaltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// contract is the OpenAPI file; its schemas are JSON Schema 2020-12 as they
// stand (OpenAPI 3.1).
type contract struct {
	root     map[string]any
	mu       sync.Mutex // a compiler serves one at a time
	compiler *jsonschema.Compiler
}

const contractURL = "mem:///contract.json"

// moduleRoot is the folder of go.mod above the test's own. The compiler's record of
// where this file lies would not do: with -trimpath it is no path.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
}

func readContract(t testing.TB) *contract {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(moduleRoot(t), "docs/api/cabinet.openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{root: doc.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(contractURL, doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// holds checks the status, the headers and the body of an answer.
func (c *contract) holds(method, path string, a *Answer) error {
	where, err := c.operation(method, path)
	if err != nil {
		return err
	}
	responses := append(slices.Clone(where), "responses")
	status := strconv.Itoa(a.Status)
	if _, ok := c.at(responses)[status]; !ok {
		if _, ok := c.at(responses)["default"]; !ok || a.Status < 400 {
			return fmt.Errorf("status %d is not in the contract", a.Status)
		}
		status = "default"
	}
	response := c.follow(append(responses, status))
	headers, _ := c.at(response)["headers"].(map[string]any)
	for name := range headers {
		h := c.at(c.follow(append(slices.Clone(response), "headers", name)))
		if required, _ := h["required"].(bool); required && a.Header.Get(name) == "" {
			return fmt.Errorf("no header %s", name)
		}
	}
	content, _ := c.at(response)["content"].(map[string]any)
	if len(content) == 0 {
		if len(a.Body) != 0 {
			return errors.New("a body where there is none in the contract")
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("Content-Type: %w", err)
	}
	media, ok := content[kind].(map[string]any)
	if !ok {
		return fmt.Errorf("media type %s is not in the contract", kind)
	}
	if media["schema"] == nil {
		return nil
	}
	c.mu.Lock()
	schema, err := c.compiler.Compile(contractURL + "#" + pointer(append(slices.Clone(response), "content", kind, "schema")))
	c.mu.Unlock()
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

// operation finds the path template that fits; a template without parameters wins.
func (c *contract) operation(method, path string) ([]string, error) {
	paths, _ := c.root["paths"].(map[string]any)
	best := ""
	for template, item := range paths {
		operations, _ := item.(map[string]any)
		if operations[strings.ToLower(method)] == nil || !fits(template, path) {
			continue
		}
		if best == "" || strings.Count(template, "{") < strings.Count(best, "{") {
			best = template
		}
	}
	if best == "" {
		return nil, fmt.Errorf("%s %s is not in the contract", method, path)
	}
	return []string{"paths", best, strings.ToLower(method)}, nil
}

func fits(template, path string) bool {
	t, p := strings.Split(template, "/"), strings.Split(path, "/")
	if len(t) != len(p) {
		return false
	}
	for i := range t {
		if t[i] != p[i] && !strings.HasPrefix(t[i], "{") {
			return false
		}
	}
	return true
}

// at returns the object at a place; nil when there is none.
func (c *contract) at(place []string) map[string]any {
	node := c.root
	for _, key := range place {
		node, _ = node[key].(map[string]any)
	}
	return node
}

// follow goes through $ref.
func (c *contract) follow(place []string) []string {
	if ref, ok := c.at(place)["$ref"].(string); ok {
		return strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	}
	return place
}

func pointer(place []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	var b strings.Builder
	for _, key := range place {
		b.WriteString("/" + escape.Replace(key))
	}
	return b.String()
}

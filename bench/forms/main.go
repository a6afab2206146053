// Command forms measures how long a large form is validated, as a ratio to
// santhosh-tekuri/jsonschema with the schema compiled, in the same process and
// in turns. The form has 300 fields and 50 items of a repeated group. It fails
// when the bar is missed, or when the two do not agree.
//
//	go run ./bench/forms
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/epgu-cli/epgu/internal/core/forms"
)

const (
	plainFields = 290
	itemFields  = 10
	items       = 50
	rounds      = 15
	runs        = 40 // in a round
	bar         = 1.0
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/forms:", err)
		os.Exit(1)
	}
}

type object = map[string]any

// fields makes n fields of all kinds: texts with patterns, dates, numbers,
// choices, yes and no; every tenth is asked under a condition.
func fields(n int) (schema, values object) {
	properties, values := object{}, object{}
	var required, rules []any
	for i := range n {
		name := fmt.Sprintf("field%03d", i)
		required = append(required, name)
		x := object{"order": i + 1}
		p := object{"title": name, "x-epgu": x}
		switch i % 5 {
		case 0:
			p["type"], p["pattern"], p["maxLength"], p["minLength"] = "string", "^[0-9]{4} [0-9]{6}$", 100, 1
			values[name] = "4500 000001"
		case 1:
			p["type"], p["format"], p["minLength"] = "string", "date", 1
			values[name] = "2026-11-01"
		case 2:
			p["type"], p["minimum"], p["maximum"] = "integer", 0, 1000000
			values[name] = json.Number(fmt.Sprint(i))
		case 3:
			p["type"], p["enum"] = "string", []any{"first", "second", "third"}
			values[name] = "third"
		case 4:
			p["type"] = "boolean"
			values[name] = i%2 == 0
		}
		properties[name] = p
		if i%10 == 9 {
			required = required[:len(required)-1]
			on := fmt.Sprintf("field%03d", i-1)
			x["required"] = true
			rules = append(rules, object{"if": object{"properties": object{on: object{"enum": []any{"third"}}}, "required": []any{on}}, "then": object{"required": []any{name}}})
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false, "allOf": rules}, values
}

func run() error {
	runtime.GOMAXPROCS(1)
	schema, values := fields(plainFields)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	item, one := fields(itemFields)
	list := make([]any, items)
	for i := range list {
		list[i] = one
	}
	schema["properties"].(object)["people"] = object{"type": "array", "minItems": 1, "maxItems": items, "items": item, "x-epgu": object{"order": 999}}
	values["people"] = list
	raw, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	form, err := forms.Parse("bench", "1", raw)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("form.json", doc); err != nil {
		return err
	}
	library, err := compiler.Compile("form.json")
	if err != nil {
		return err
	}
	b, err := json.Marshal(values)
	if err != nil {
		return err
	}
	same, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	tree, _ := same.(map[string]any)
	if wrong := form.Validate(tree); len(wrong) > 0 {
		return fmt.Errorf("the form finds fault with good values: %v", wrong[0].Name)
	}
	if err := library.Validate(same); err != nil {
		return fmt.Errorf("the library finds fault with good values: %w", err)
	}
	var ours, theirs []time.Duration
	for range rounds {
		start := time.Now()
		for range runs {
			form.Validate(tree)
		}
		ours = append(ours, time.Since(start))
		start = time.Now()
		for range runs {
			if err := library.Validate(same); err != nil {
				return err
			}
		}
		theirs = append(theirs, time.Since(start))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	ratio := float64(ours[rounds/2]) / float64(theirs[rounds/2])
	fmt.Printf("a form of %d fields and %d items: %.2f of santhosh-tekuri/jsonschema, compiled (%v against %v for one)\n",
		plainFields+itemFields, items, ratio, ours[rounds/2]/runs, theirs[rounds/2]/runs)
	if ratio > bar {
		return fmt.Errorf("%.2f is above %.1f", ratio, bar)
	}
	return nil
}

package esia_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// typeOf is what the page of the protocol calls a type of ours.
func typeOf(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String && t.Name() == "Number":
		return "number"
	case t.Kind() == reflect.String:
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "number"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return "array of strings"
	case t.Kind() == reflect.Slice:
		return "array"
	}
	return "object"
}

func TestThePageOfTheProtocolNamesEveryFieldOfEveryAnswer(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "### Answers of ЕСИА")
	section, _, _ = strings.Cut(section, "\n## ")
	var said []string
	for _, m := range regexp.MustCompile("\\| `([^`]+)` \\| ([a-z ]+) \\|").FindAllStringSubmatch(section, -1) {
		said = append(said, m[1]+" "+m[2])
	}
	var ours []string
	for _, v := range []any{
		esia.TokenResponse{}, esia.ErrorResponse{}, esia.AccessClaims{}, esia.IDClaims{}, esia.IDPerson{}, esia.APIKeyResponse{}, esia.RESTError{}, esia.Collection{},
		esia.Person{}, esia.Contact{}, esia.Address{}, esia.Document{}, esia.Kid{}, esia.Vehicle{}, esia.RegCertDoc{}, esia.Role{}, esia.Org{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			ours = append(ours, name+" "+typeOf(f.Type))
		}
	}
	if !slices.Equal(said, ours) {
		t.Errorf("the page says\n%q\nand the types say\n%q", said, ours)
	}
}

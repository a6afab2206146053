package rawcall

import (
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

func TestARequestStaysAtThePortalOfTheProfile(t *testing.T) {
	s := &Service{Base: "https://portal.example"}
	for path, want := range map[string]string{
		"/api/x":                       "/api/x?",
		"/api/x?a=1&b=%2F":             "/api/x?a=1&b=%2F",
		"https://portal.example/api/y": "/api/y?",
		"/api/имя":                     "/api/%D0%B8%D0%BC%D1%8F?",
	} {
		if p, q, err := s.target(path); err != nil || p+"?"+q != want {
			t.Errorf("%s: %s?%s, %v", path, p, q, err)
		}
	}
	for _, path := range []string{"", "api/x", "https://other.example/api", "http://portal.example/api", "https://portal.example@other.example/", "//other.example/api", "https://u:p@portal.example/api", "/a#b", "mailto:x"} {
		if p, _, err := s.target(path); fault.ExitOf(err) != exitcode.Usage {
			t.Errorf("%q was taken as %q: %v", path, p, err)
		}
	}
}

func FuzzTarget(f *testing.F) {
	f.Add("/api/gusmev/order?x=1")
	f.Add("https://portal.example\\@other.example/x")
	f.Fuzz(func(t *testing.T, path string) {
		s := &Service{Base: "https://portal.example"}
		if p, q, err := s.target(path); err == nil && (!strings.HasPrefix(p, "/") || strings.ContainsAny(p+q, " \r\n")) {
			t.Errorf("%q became %q?%q", path, p, q)
		}
	})
}

func TestFieldsOfAForm(t *testing.T) {
	for given, want := range map[string]Field{
		"a=b":                                {Name: "a", Text: "b"},
		"a=":                                 {Name: "a"},
		"meta=@m.json;type=application/json": {Name: "meta", Path: "m.json", Type: "application/json"},
		"a=x;type=text/plain":                {Name: "a", Text: "x", Type: "text/plain"},
	} {
		if got, err := ParseField(given); err != nil || got != want {
			t.Errorf("%s: %+v, %v", given, got, err)
		}
	}
	for _, given := range []string{"", "a", "=b"} {
		if _, err := ParseField(given); fault.ExitOf(err) != exitcode.Usage {
			t.Errorf("%q: %v", given, err)
		}
	}
}

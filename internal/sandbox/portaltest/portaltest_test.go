package portaltest

import (
	"net/http"
	"testing"
)

// A contract check that accepts anything would prove nothing.
func TestTheContractCatchesWhatBreaksIt(t *testing.T) {
	c := readContract(t)
	header := func(kind string) http.Header {
		return http.Header{"Content-Type": {kind}, "X-Request-Id": {"1"}}
	}
	good := `{"items":[],"total":0}`
	cases := []struct {
		name, method, path, body string
		status                   int
		header                   http.Header
		holds                    bool
	}{
		{"a good page", "GET", "/api/cabinet/v1/charges", good, 200, header("application/json"), true},
		{"no request id", "GET", "/api/cabinet/v1/charges", good, 200, http.Header{"Content-Type": {"application/json"}}, false},
		{"no total", "GET", "/api/cabinet/v1/charges", `{"items":[]}`, 200, header("application/json"), false},
		{"one word more", "GET", "/api/cabinet/v1/charges", `{"items":[],"total":0,"x":1}`, 200, header("application/json"), false},
		{"a wrong item", "GET", "/api/cabinet/v1/charges", `{"items":[{"uin":"1"}],"total":1}`, 200, header("application/json"), false},
		{"a status that is not there", "GET", "/api/cabinet/v1/charges", good, 201, header("application/json"), false},
		{"a problem as plain JSON", "GET", "/api/cabinet/v1/charges", `{"title":"x","status":401,"code":"a.b"}`, 401, header("application/json"), false},
		{"a problem", "GET", "/api/cabinet/v1/charges", `{"title":"x","status":401,"code":"a.b"}`, 401, header("application/problem+json"), true},
		{"a path that is not there", "GET", "/api/cabinet/v1/wishes", good, 200, header("application/json"), false},
		{"a method that is not there", "DELETE", "/api/cabinet/v1/charges", good, 200, header("application/json"), false},
		{"a body where none belongs", "DELETE", "/api/cabinet/v1/drafts/1", good, 204, header("application/json"), false},
	}
	for _, tc := range cases {
		err := c.holds(tc.method, tc.path, &Answer{t, tc.status, tc.header, []byte(tc.body)})
		if (err == nil) != tc.holds {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

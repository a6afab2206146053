package transport

import "testing"

func TestParametersTakeThePlaceOfTheirNamesAndNeverLeaveTheirSegment(t *testing.T) {
	params := map[string]string{"id": "a/b?c#d {id}", "n": "7", "up": "../x"}
	for path, want := range map[string]string{
		"/plain":            "/plain",
		"/x/{id}/y/{n}":     "/x/a%2Fb%3Fc%23d%20%7Bid%7D/y/7",
		"/{n}{n}":           "/77",
		"/x/{other}/{n}":    "/x/{other}/7",
		"/x/{n":             "/x/{n",
		"/x/{}/{n}":         "/x/{}/7",
		"/{up}":             "/..%2Fx",
		"/тест/{n}?keep={n": "/тест/7?keep={n",
	} {
		if got := expand(path, params); got != want {
			t.Errorf("%s became %s, want %s", path, got, want)
		}
	}
}

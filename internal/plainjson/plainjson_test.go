package plainjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// thing has a member of each kind.
type thing struct {
	Name  string          `json:"name,omitempty"`
	N     int64           `json:"n"`
	Small int             `json:"small"`
	Yes   bool            `json:"yes"`
	List  []string        `json:"list"`
	Bytes []byte          `json:"bytes"`
	Raw   json.RawMessage `json:"raw"`
}

func (v *thing) read(r *Reader) {
	r.Open()
	Text(r, "name", &v.Name)
	r.IntInto("n", &v.N)
	r.SmallInto("small", &v.Small)
	if r.Field("yes") {
		v.Yes = r.Bool()
	}
	if r.Field("list") {
		v.List = r.Strings()
	}
	if r.Field("bytes") {
		v.Bytes = r.Base64()
	}
	r.RawInto("raw", &v.Raw)
	r.Close()
}

// check holds what is accepted against encoding/json, and returns whether it is.
func check(t *testing.T, text []byte) bool {
	t.Helper()
	var got, want thing
	r := Read(text)
	got.read(&r)
	if !r.Done() {
		return false
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatalf("%q is read, and encoding/json says %v", text, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is read as %+v and not as %+v", text, got, want)
	}
	return true
}

func TestWhatIsPlain(t *testing.T) {
	for text, plain := range map[string]bool{
		`{}`:                             true,
		"{}\n":                           true,
		`{"name":"Ёж","n":-7,"small":0}`: true,
		`{"n":999999999999999999}`:       true,
		`{"yes":false,"list":["a",""]}`:  true,
		`{"list":[],"bytes":"AAE=","raw":{"a":[1,"b",{"c":null}],"d":true}}`: true,
		`{"raw":null}`:              true,
		``:                          false,
		`{`:                         false,
		`,{}`:                       false,
		`{} `:                       false,
		"{}\n\n":                    false,
		`{ }`:                       false,
		`{"n":1 }`:                  false,
		`{"n":1,}`:                  false,
		`{,"n":1}`:                  false,
		`{"n":1"small":2}`:          false,
		`{"n":01}`:                  false,
		`{"n":-}`:                   false,
		`{"n":1.0}`:                 false,
		`{"n":1e3}`:                 false,
		`{"n":9999999999999999999}`: false,
		`{"small":2147483648}`:      false,
		`{"n":null}`:                false,
		`{"N":1}`:                   false,
		`{"n":1,"n":2}`:             false,
		`{"small":1,"n":2}`:         false,
		`{"x":1}`:                   false,
		`{"name":"\u0041"}`:         false,
		"{\"name\":\"\xff\"}":       false,
		"{\"name\":\"a\tb\"}":       false,
		`{"name":"a`:                false,
		`{"yes":tru}`:               false,
		`{"bytes":"AAE"}`:           false,
		`{"raw":{"a":1.5}}`:         false,
		`{"raw":{"a" :1}}`:          false,
		`{"raw":{"a":1,}}`:          false,
		`{"raw":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}`: false,
	} {
		if got := check(t, []byte(text)); got != plain {
			t.Errorf("%q: plain %v, want %v", text, got, plain)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"name":"Ёж","n":-7,"small":0,"yes":true,"list":["a"],"bytes":"AAE=","raw":{"a":[1,"b"]}}`))
	f.Fuzz(func(t *testing.T, text []byte) { check(t, text) })
}

func FuzzText(f *testing.F) {
	f.Add("Ёж")
	f.Add("<\u2028>")
	f.Fuzz(func(t *testing.T, s string) {
		for _, html := range []bool{false, true} {
			w := Writer{HTML: html}
			w.Text(s)
			got, ok := w.Done()
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(!html)
			if err := enc.Encode(s); err != nil {
				t.Fatal(err)
			}
			if ok && string(got)+"\n" != want.String() {
				t.Fatalf("%q is written as %s and not as %s", s, got, want.String())
			}
		}
	})
}

package lenient

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type answer struct {
	ID     int64             `json:"id"`
	Text   string            `json:"text"`
	Flag   bool              `json:"flag"`
	Amount json.Number       `json:"amount"`
	List   []inner           `json:"list"`
	One    *inner            `json:"one"`
	Errors []string          `json:"errors"`
	Values map[string]string `json:"values"`
	Share  float64           `json:"share"`
	Raw    json.RawMessage   `json:"raw"`
	Rest   string            `json:"rest"`
}

func TestAFieldOfANeighbouringTypeIsConverted(t *testing.T) {
	for in, want := range map[string]answer{
		`{"id":"12","text":7,"flag":"Y","rest":"x"}`:                             {ID: 12, Text: "7", Flag: true, Rest: "x"},
		`{"id":12.0,"text":true,"flag":1}`:                                       {ID: 12, Text: "true", Flag: true},
		`{"id":"","flag":"N","text":"a"}`:                                        {Text: "a"},
		`{"id":null,"text":null,"flag":null,"list":null,"one":null,"share":"2"}`: {Share: 2},
		`{"id":1e3,"flag":"false","share":"0.5"}`:                                {ID: 1000, Share: 0.5},
		// Identifiers keep every digit.
		`{"text":18210604012021000110,"flag":"1"}`: {Text: "18210604012021000110", Flag: true},
		`{"amount":"1500.50","flag":"0"}`:          {Amount: "1500.50"},
		`{"amount":1500.50,"flag":"Да"}`:           {Amount: "1500.50", Flag: true},
		// One object for a list, and lists with what does not belong there.
		`{"list":{"id":"3","name":4},"flag":"y"}`:                        {List: []inner{{3, "4"}}, Flag: true},
		`{"list":[{"id":1},null,"x",{"id":"2"}]}`:                        {List: []inner{{ID: 1}, {ID: 2}}},
		`{"list":"","errors":[{"field":"a","message":"bad"},"worse",5]}`: {Errors: []string{"bad", "worse", "5"}},
		`{"one":{"id":"9"},"values":{"a":1,"b":"x","c":null}}`:           {One: &inner{ID: 9}, Values: map[string]string{"a": "1", "b": "x", "c": ""}},
		`{"raw":{"b":[1]},"id":"1"}`:                                     {ID: 1, Raw: json.RawMessage(`{"b":[1]}`)},
		`{"text":["one"],"id":"1"}`:                                      {ID: 1, Text: "one"},
		`{"ID":"5","TEXT":1}`:                                            {ID: 5, Text: "1"},
		// What cannot be converted stays empty, and the rest is kept.
		`{"id":"много","text":"t","flag":"maybe","one":"x","amount":"много"}`: {Text: "t"},
		`{"id":1.5,"rest":"kept"}`:                          {Rest: "kept"},
		`{"id":99999999999999999999,"rest":"kept"}`:         {Rest: "kept"},
		`{"id":{"a":1},"list":3,"values":[],"rest":"kept"}`: {Rest: "kept"},
	} {
		var got answer
		if err := Unmarshal([]byte(in), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

func TestWhatIsNoObjectIsAnError(t *testing.T) {
	for _, in := range []string{`[]`, `"x"`, `5`, ``, `{`, `{"id":1}x`, `<html>`} {
		if err := Unmarshal([]byte(in), &answer{}); err == nil {
			t.Errorf("%s was taken", in)
		}
	}
}

func FuzzAnyAnswerIsDecodedOrRefused(f *testing.F) {
	f.Add([]byte(`{"id":"1","list":{"id":true},"one":[],"values":{"a":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b answer
		if json.Unmarshal(data, &a) == nil {
			if err := Unmarshal(data, &b); err != nil || !cmp.Equal(a, b) {
				t.Errorf("what fits is decoded otherwise: %v %s", err, cmp.Diff(a, b))
			}
			return
		}
		_ = Unmarshal(data, &b)
	})
}

// Package plainjsontest holds what package plainjson writes and reads against
// encoding/json. Only tests import it.
package plainjsontest

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// values is how many values of a type are tried, changes how many changes of the text
// of each.
const (
	values  = 400
	changes = 40
)

// Encodes checks that encode writes of any T what want does, to the byte.
func Encodes[T any](t *testing.T, encode, want func(*T) ([]byte, error)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range values {
		var v T
		fill(r, reflect.ValueOf(&v).Elem(), r.IntN(3) > 0)
		got, err := encode(&v)
		should, wrong := want(&v)
		if !bytes.Equal(got, should) || (err == nil) != (wrong == nil) {
			t.Fatalf("%+v\nis written as %s, %v\nand not as    %s, %v", v, got, err, should, wrong)
		}
	}
}

// Decodes checks that decode reads the text of any T, and any small change of it, as
// encoding/json does.
func Decodes[T any](t *testing.T, decode func([]byte, *T) error) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for range values {
		var v T
		fill(r, reflect.ValueOf(&v).Elem(), r.IntN(8) > 0)
		text, err := json.Marshal(&v)
		if err != nil {
			continue
		}
		Reads(t, text, decode)
		for range changes {
			Reads(t, change(r, text), decode)
		}
	}
}

// Reads checks that decode reads text as encoding/json does.
func Reads[T any](t *testing.T, text []byte, decode func([]byte, *T) error) {
	t.Helper()
	var got, want T
	wrong := json.Unmarshal(text, &want)
	if err := decode(bytes.Clone(text), &got); (err == nil) != (wrong == nil) {
		t.Fatalf("%s: %v, and encoding/json says %v", text, err, wrong)
	}
	if wrong == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nis read as %+v\nand not as %+v", text, got, want)
	}
}

// change spoils a text, or spells it otherwise.
func change(r *rand.Rand, text []byte) []byte {
	at, to := r.IntN(len(text)), r.IntN(len(text)+1)
	pieces := []string{`"`, `,`, `{`, `}`, `[`, `]`, ` `, "\n", `\u0041`, `null`, `0`, `-`, `1.5`, `e3`, `9999999999999999999`, `true`, "\x00", "\xff", "\u2028", `<`, `"x":1,`, `:`}
	switch r.IntN(5) {
	case 0: // a piece is put in
		return bytes.Join([][]byte{text[:at], []byte(pieces[r.IntN(len(pieces))]), text[at:]}, nil)
	case 1: // a byte is taken out
		return append(bytes.Clone(text[:at]), text[at+1:]...)
	case 2: // it ends early
		return bytes.Clone(text[:at])
	case 3: // a stretch stands twice
		return bytes.Join([][]byte{text[:max(at, to)], text[min(at, to):]}, nil)
	default: // a letter is another one
		out := bytes.Clone(text)
		out[at] = pieces[r.IntN(len(pieces))][0]
		return out
	}
}

// fill gives v members: some are left out, and few are not plain when plain is set.
func fill(r *rand.Rand, v reflect.Value, plain bool) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		if r.IntN(2) == 0 {
			*at = time.UnixMicro(r.Int64N(4e15)).In(time.FixedZone("", 3600*r.IntN(4)))
		}
		return
	case *json.RawMessage:
		raws := []string{``, `{"checked":"2026-01-02T03:04:05Z","n":[1,"два",true,null]}`, `"x"`, `{"a": 1}`, `["<"]`, "\"\u2028\"", `{}`, `{"a":1.5}`}
		if plain {
			raws = raws[:3]
		}
		*at = json.RawMessage(raws[r.IntN(len(raws))])
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(word(r, plain))
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt([]int64{0, 1, -5, int64(r.Int32()), 40}[r.IntN(5)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Pointer:
		if r.IntN(3) == 0 || !plain && r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), plain)
		}
	case reflect.Slice:
		if n := r.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(r, v.Index(i), plain)
			}
		}
	case reflect.Uint8:
		v.SetUint(uint64(r.IntN(256)))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(r, v.Field(i), plain)
			}
		}
	}
}

func word(r *rand.Rand, plain bool) string {
	words := []string{"", "paid", "УФК по г. Москве", "18810177170325189254", "a/b:c", "line\nbreak", `quo"te`, `back\slash`, "<b>&", "\u2028", "\xff\xfe", "\u202e", "\x7f", "🙂", "tab\t"}
	if plain {
		words = words[:5]
	}
	return words[r.IntN(len(words))]
}

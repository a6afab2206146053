package planfile

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
)

// encoded is a row's line as encoding/json writes it.
func encoded(r *Row) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(r)
	return out.Bytes(), err
}

func TestRowsAreWhatEncodingJSONMakesOfThem(t *testing.T) {
	plainjsontest.Encodes(t, func(r *Row) ([]byte, error) { return r.append(nil) }, encoded)
	plainjsontest.Decodes(t, func(b []byte, r *Row) error { return r.parse(b) })
}

// Else the time would be that of encoding/json, and nobody would see it.
func TestTheRowsOfAPlanArePlain(t *testing.T) {
	r := Row{N: 1, Status: Pay, Line: 2, Kopecks: 50_000, UIN: "18810177170325189254", Payer: "7700000000", Payee: &Payee{Name: "УФК по г. Москве", Account: "03100643000000017300"},
		Budget: &Budget{KBK: "18811601121010001140"}, Purpose: "Штраф <по> постановлению & акту", Checked: time.Now(), Cells: []string{"1", "2"}}
	w := plainjson.Writer{HTML: true}
	r.write(&w)
	b, ok := w.Done()
	in := plainjson.Read(append(b, '\n'))
	if new(Row).read(&in); !ok || !in.Done() {
		t.Errorf("not plain: %s", b)
	}
}

func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"n":1,"s":"pay","f":0,"l":2,"kopecks":50000,"uin":"18810177170325189254","payer":"7700000000","payee":{"name":"УФК"},"cells":["1",""]}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, func(b []byte, r *Row) error { return r.parse(b) })
	})
}

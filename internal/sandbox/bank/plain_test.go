package bank

import (
	"encoding/json"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
)

func TestPaymentsAreKeptAsEncodingJSONWritesThem(t *testing.T) {
	plainjsontest.Encodes(t, (*Data).encode, func(d *Data) ([]byte, error) { return json.Marshal(d) })
	plainjsontest.Decodes(t, func(b []byte, d *Data) error { return d.decode(b) })
	d := Data{Title: i18n.Text{RU: "Штраф", EN: "Fine"}, Purpose: "Штраф", PayerName: "Иванов", Authorisation: "x", PlanRow: 1}
	var w plainjson.Writer
	d.write(&w)
	b, ok := w.Done()
	r := plainjson.Read(b)
	if new(Data).read(&r); !ok || !r.Done() {
		t.Errorf("a payment is not plain: %s", b)
	}
}

func FuzzData(f *testing.F) {
	f.Add([]byte(`{"title":{"RU":"а","EN":"b"},"purpose":"","payee":{"Name":"x"},"payerName":"","attempts":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, func(b []byte, d *Data) error { return d.decode(b) })
	})
}

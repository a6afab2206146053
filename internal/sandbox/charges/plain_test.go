package charges

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

func TestChargesAreReadAsEncodingJSONReadsThem(t *testing.T) {
	plainjsontest.Decodes(t, func(b []byte, d *Data) error { return d.decode(b) })
	d := Data{Title: i18n.Text{RU: "Штраф", EN: "Fine"}, Amount: 50_000, Discounted: 25_000, DiscountDay: time.Now(), Payee: catalog.Payee{Name: "УФК", INN: "7730176610"},
		PayerName: "Иванов", Details: &Details{Ruling: "1", At: time.Now(), Place: i18n.Text{RU: "Москва", EN: "Moscow"}, Photos: 2}}
	b, err := json.Marshal(&d)
	if err != nil {
		t.Fatal(err)
	}
	r := plainjson.Read(b)
	if new(Data).read(&r); !r.Done() {
		t.Errorf("a charge is not plain: %s", b)
	}
}

func FuzzData(f *testing.F) {
	f.Add([]byte(`{"title":{"RU":"а","EN":"b"},"purpose":{"RU":"","EN":""},"amount":1,"payee":{"Name":"x"},"payerName":"","payerId":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, func(b []byte, d *Data) error { return d.decode(b) })
	})
}

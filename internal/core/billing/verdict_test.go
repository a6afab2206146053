package billing

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
)

func TestWhatAPaymentCarriesIsWhatEncodingJSONMakesOfIt(t *testing.T) {
	plainjsontest.Encodes(t, (*Carried).encode, func(c *Carried) ([]byte, error) { return json.Marshal(c) })
	plainjsontest.Decodes(t, func(b []byte, c *Carried) error { return c.decode(b) })
	plainjsontest.Encodes(t, (*word).encode, func(v *word) ([]byte, error) { return json.Marshal(v) })
	c := Carried{Checked: time.Now(), NotAfter: "2026-01-02", PayerAccount: "40702810900000000001"}
	var w plainjson.Writer
	c.write(&w)
	b, ok := w.Done()
	r := plainjson.Read(b)
	if new(Carried).read(&r); !ok || !r.Done() {
		t.Errorf("what a run carries is not plain: %s", b)
	}
}

func FuzzCarried(f *testing.F) {
	f.Add([]byte(`{"lost":true,"checked":"2026-01-02T03:04:05Z","sendings":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, func(b []byte, c *Carried) error { return c.decode(b) })
	})
}

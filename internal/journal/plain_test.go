package journal

import (
	"encoding/json"
	"testing"

	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
)

func TestBodiesAreWhatEncodingJSONMakesOfThem(t *testing.T) {
	plainjsontest.Encodes(t, (*Payment).Encode, func(p *Payment) ([]byte, error) { return json.Marshal(p) })
	plainjsontest.Decodes(t, func(b []byte, p *Payment) error { return p.Decode(b) })
	plainjsontest.Encodes(t, (*Change).Encode, func(c *Change) ([]byte, error) { return json.Marshal(c) })
	plainjsontest.Decodes(t, func(b []byte, c *Change) error { return c.Decode(b) })
}

// Else the time would be that of encoding/json, and nobody would see it.
func TestTheBodiesOfARunArePlain(t *testing.T) {
	p := Payment{ID: "0199f0a0-0000-7000-8000-000000000001", BusinessKey: "7700000000/18810177170325189254", Profile: "sandbox", Run: "r", Row: 7, Via: ViaPortal,
		Payer: "7700000000", UIN: "18810177170325189254", AmountKopecks: 50_000, PayeeName: "УФК по г. Москве", Extra: json.RawMessage(`{"checked":"2026-01-02T03:04:05Z"}`), State: Sending, Attempt: 1, Owner: "o"}
	c := Change{From: Sending, To: Paid, Evidence: Evidence{Witness: Engine, Details: json.RawMessage(`{"state":"paid","id":"x","amountKopecks":1}`)}, ReceiptID: "x"}
	for name, plain := range map[string]struct {
		write func(*plainjson.Writer)
		read  func(*plainjson.Reader)
	}{"payment": {p.write, new(Payment).read}, "change": {c.write, new(Change).read}} {
		var w plainjson.Writer
		plain.write(&w)
		b, ok := w.Done()
		r := plainjson.Read(b)
		if plain.read(&r); !ok || !r.Done() {
			t.Errorf("the body of a %s is not plain: %s", name, b)
		}
	}
}

func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"id":"x","businessKey":"","profile":"","via":"portal","payer":"","amountKopecks":1,"state":"sending","attempt":1}`))
	f.Add([]byte(`{"from":"sending","to":"paid","witness":"engine","details":{"a":[1,null]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, func(b []byte, p *Payment) error { return p.Decode(b) })
		plainjsontest.Reads(t, b, func(b []byte, c *Change) error { return c.Decode(b) })
	})
}

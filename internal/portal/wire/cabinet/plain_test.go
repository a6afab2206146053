package cabinet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/plainjson/plainjsontest"
)

func decodeRequest(b []byte, p *PaymentRequest) error {
	if DecodePaymentRequest(b, p) {
		return nil
	}
	return json.Unmarshal(b, p)
}

func TestPaymentsAreWhatEncodingJSONMakesOfThem(t *testing.T) {
	plainjsontest.Encodes(t, (*PaymentRequest).Encode, func(p *PaymentRequest) ([]byte, error) { return json.Marshal(p) })
	plainjsontest.Decodes(t, decodeRequest)
	plainjsontest.Encodes(t, (*Payment).Encode, func(p *Payment) ([]byte, error) { return json.Marshal(p) })
	plainjsontest.Decodes(t, func(b []byte, p *Payment) error { return p.Decode(b) })
}

// Else the time would be that of encoding/json, and nobody would see it.
func TestThePaymentsOfARunArePlain(t *testing.T) {
	q := PaymentRequest{ID: "x", UIN: "18810177170325189254", AmountKopecks: 1, Method: "account", AuthorisationID: "y", Proof: &PaymentProof{Row: 1, Path: make([]byte, 64)}}
	p := Payment{ID: "x", State: "accepted", UIN: q.UIN, AmountKopecks: 1, Method: "account", Title: "Штраф", CreatedAt: time.Now(), Payee: Payee{Name: "УФК по г. Москве"}, PayerName: "Иванов"}
	for name, plain := range map[string]struct {
		write func(*plainjson.Writer)
		read  func(*plainjson.Reader)
	}{"request": {q.write, new(PaymentRequest).read}, "payment": {p.write, new(Payment).read}} {
		var w plainjson.Writer
		plain.write(&w)
		b, ok := w.Done()
		r := plainjson.Read(b)
		if plain.read(&r); !ok || !r.Done() {
			t.Errorf("a %s is not plain: %s", name, b)
		}
	}
}

func FuzzPayments(f *testing.F) {
	f.Add([]byte(`{"id":"x","uin":"1","amountKopecks":1,"method":"account","proof":{"row":1,"path":"AAAA"}}`))
	f.Add([]byte(`{"id":"x","state":"paid","amountKopecks":1,"feeKopecks":0,"method":"account","title":"a","createdAt":"2026-01-02T03:04:05Z","payee":{},"payerName":"b"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		plainjsontest.Reads(t, b, decodeRequest)
		plainjsontest.Reads(t, b, func(b []byte, p *Payment) error { return p.Decode(b) })
	})
}

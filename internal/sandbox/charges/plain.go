package charges

import (
	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

// decode reads what encoding/json has written of d into d, which is zero. It is asked
// itself for what is not plain.
func (d *Data) decode(b []byte) error {
	return plainjson.Unmarshal(b, d, d.read)
}

func (d *Data) read(r *plainjson.Reader) {
	r.Open()
	if r.Field("title") {
		catalog.ReadText(r, &d.Title)
	}
	if r.Field("purpose") {
		catalog.ReadText(r, &d.Purpose)
	}
	r.IntInto("amount", &d.Amount)
	r.IntInto("discounted", &d.Discounted)
	r.TimeInto("discountDay", &d.DiscountDay)
	if r.Field("payee") {
		d.Payee.Read(r)
	}
	plainjson.Text(r, "payerName", &d.PayerName)
	plainjson.Text(r, "payerId", &d.PayerID)
	r.TimeInto("paidAt", &d.PaidAt)
	r.IntInto("paidBefore", &d.PaidBefore)
	if r.Field("details") {
		d.Details = new(Details)
		d.Details.read(r)
	}
	r.Close()
}

func (d *Details) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "ruling", &d.Ruling)
	r.TimeInto("at", &d.At)
	if r.Field("place") {
		catalog.ReadText(r, &d.Place)
	}
	if r.Field("article") {
		catalog.ReadText(r, &d.Article)
	}
	plainjson.Text(r, "sts", &d.STS)
	plainjson.Text(r, "vin", &d.VIN)
	plainjson.Text(r, "plate", &d.Plate)
	plainjson.Text(r, "licence", &d.Licence)
	r.SmallInto("photos", &d.Photos)
	r.Close()
}

package charges

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Details are what a fine is for.
type Details struct {
	Ruling  string    `json:"ruling,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Place   i18n.Text `json:"place,omitzero"`
	Article i18n.Text `json:"article,omitzero"`
	STS     string    `json:"sts,omitempty"`
	VIN     string    `json:"vin,omitempty"`
	Plate   string    `json:"plate,omitempty"`
	Licence string    `json:"licence,omitempty"`
	Photos  int       `json:"photos,omitempty"`
}

// The numbers that charges are found by.
const (
	ByRuling  = "ruling"
	BySTS     = "sts"
	ByVIN     = "vin"
	ByLicence = "licence"
)

func detailsFor(ctx context.Context, q store.Queryer, oid, orgOID int64, number uint64, issued time.Time) (*Details, error) {
	if orgOID != 0 {
		return details(nil, number, issued), nil
	}
	p, err := people.ByOID(ctx, q, oid)
	if err != nil {
		return nil, fmt.Errorf("the offender: %w", err)
	}
	return details(&p, number, issued), nil
}

// details makes up what happened: training data that depends on the number
// alone, with the vehicle and the licence of the person if they have them.
func details(p *people.Person, number uint64, issued time.Time) *Details {
	d := &Details{
		Ruling: fmt.Sprintf("18810%015d", number), At: issued.Add(-26 * time.Hour), Photos: 2,
		Place:   i18n.Text{RU: "Учебная область, трасса У-1, 12 км", EN: "Training region, road U-1, km 12"},
		Article: i18n.Text{RU: "КоАП РФ, глава 12 (учебное)", EN: "Code of Offences, chapter 12 (training)"},
		STS:     fmt.Sprintf("0000%06d", number%1_000_000), Plate: "У000ЧБ00",
	}
	if p == nil {
		return d
	}
	if len(p.Vehicles) > 0 {
		v := p.Vehicles[0]
		d.STS, d.VIN, d.Plate = v.STS, v.VIN, v.Plate
	}
	if l, ok := p.Document("RF_DRIVING_LICENSE"); ok {
		d.Licence = l.Series + l.Number
	}
	return d
}

// index makes a charge findable by what stands on paper.
func (w *writer) index(ctx context.Context, uin string, d *Details) error {
	if d == nil {
		return nil
	}
	for _, k := range [...][2]string{{ByRuling, d.Ruling}, {BySTS, d.STS}, {ByVIN, d.VIN}, {ByLicence, d.Licence}} {
		if k[1] == "" {
			continue
		}
		if _, err := w.key.ExecContext(ctx, k[0], k[1], uin); err != nil {
			return err
		}
	}
	return nil
}

// Number is a number as it is searched for: upper case, without spaces and dashes.
func Number(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(s))
}

// Search returns a page of the charges that have a number, the nearest term
// first, and how many there are in all.
func Search(ctx context.Context, q store.Queryer, by, value string, limit, offset int) ([]*Charge, int, error) {
	const from = " FROM charges WHERE uin IN (SELECT uin FROM charge_keys WHERE kind = ? AND value = ?)"
	var total int
	if err := q.QueryRowContext(ctx, "SELECT count(*)"+from, by, Number(value)).Scan(&total); err != nil {
		return nil, 0, err
	}
	out, err := list(ctx, q, "SELECT "+columns+from+" ORDER BY state DESC, until_us, uin LIMIT ? OFFSET ?", by, Number(value), limit, offset)
	return out, total, err
}

// Photo size, pixels.
const photoWidth, photoHeight = 320, 200

// Photo draws a made-up photo of an offence as PNG; the same charge and number
// always give the same bytes.
func Photo(c *Charge, n int) ([]byte, error) {
	img := image.NewGray(image.Rect(0, 0, photoWidth, photoHeight))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.Gray{Y: 200}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 130, photoWidth, photoHeight), image.NewUniform(color.Gray{Y: 90}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(60+40*n, 80, 180+40*n, 140), image.NewUniform(color.Gray{Y: 40}), image.Point{}, draw.Src)
	pen := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(8, 18)}
	pen.DrawString("SANDBOX " + c.UIN + fmt.Sprintf(" %d", n))
	if c.Details != nil {
		pen.Dot = fixed.P(8, 36)
		pen.DrawString(c.Details.At.In(clock.Moscow()).Format("02.01.2006 15:04:05"))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// errNoRow turns the database's word for "none" into this package's.
func errNoRow(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

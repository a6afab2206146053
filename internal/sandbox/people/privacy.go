package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// SharingSystems is the third party that is every information system but the
// portal's own: without it no other system is let in by ЕСИА.
const SharingSystems = "systems"

// SharingKinds lists the kinds of third parties in the order they are shown.
func SharingKinds() []string {
	return []string{"banks", "insurers", "telecom", "employers", SharingSystems}
}

// SharingTitle names a kind of third parties.
func SharingTitle(kind string) i18n.Text {
	switch kind {
	case "banks":
		return i18n.Text{RU: "банкам", EN: "banks"}
	case "insurers":
		return i18n.Text{RU: "страховым компаниям", EN: "insurance companies"}
	case "telecom":
		return i18n.Text{RU: "операторам связи", EN: "telecom operators"}
	case "employers":
		return i18n.Text{RU: "работодателям", EN: "employers"}
	case SharingSystems:
		return i18n.Text{RU: "другим системам через ЕСИА", EN: "other systems through ESIA"}
	}
	return i18n.Text{RU: kind, EN: kind}
}

// Privacy is what may be done with a person's data. The zero value allows all.
type Privacy struct {
	NoAdvertising bool            `json:"noAdvertising,omitempty"`
	Refused       map[string]bool `json:"refused,omitempty"` // kinds of third parties
	Version       int64           `json:"-"`
}

// Allows reports whether third parties of a kind may be given the data.
func (p Privacy) Allows(kind string) bool { return !p.Refused[kind] }

// PrivacyOf returns a person's choice; all is allowed by one who made none.
func PrivacyOf(ctx context.Context, q store.Queryer, oid int64) (Privacy, error) {
	var p Privacy
	var data string
	err := q.QueryRowContext(ctx, "SELECT version, data FROM privacy WHERE oid = ?", oid).Scan(&p.Version, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(data), &p)
}

// SetPrivacy keeps a person's choice.
func SetPrivacy(ctx context.Context, q store.Queryer, oid int64, p Privacy) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO privacy(oid, version, data) VALUES(?,?,?)
		ON CONFLICT(oid) DO UPDATE SET version = excluded.version, data = excluded.data`, oid, p.Version, string(data))
	return err
}

package people

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Create writes a new person and returns the OID; 0 in p asks for the next
// free one.
func Create(ctx context.Context, q store.Queryer, p Person) (int64, error) {
	data, err := encodeData(p)
	if err != nil {
		return 0, err
	}
	if p.OID == 0 {
		// Demo people and organisations have the numbers below.
		err := q.QueryRowContext(ctx, "SELECT max(1000001000, coalesce(max(oid), 0)) + 1 FROM persons").Scan(&p.OID)
		if err != nil {
			return 0, err
		}
	}
	_, err = q.ExecContext(ctx, "INSERT INTO persons("+personColumns+") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		p.OID, p.LastName, p.FirstName, p.MiddleName, p.BirthDate, p.Gender, p.BirthPlace, p.Citizenship,
		optional(p.SNILS), optional(p.INN), optional(p.Email), optional(p.Mobile), p.Level, data)
	return p.OID, err
}

// Update writes a person over the one with the same OID.
func Update(ctx context.Context, q store.Queryer, p Person) error {
	data, err := encodeData(p)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE persons SET last_name=?, first_name=?, middle_name=?, birth_date=?, gender=?, birth_place=?,
		citizenship=?, snils=?, inn=?, email=?, mobile=?, level=?, data=? WHERE oid=?`,
		p.LastName, p.FirstName, p.MiddleName, p.BirthDate, p.Gender, p.BirthPlace, p.Citizenship,
		optional(p.SNILS), optional(p.INN), optional(p.Email), optional(p.Mobile), p.Level, data, p.OID)
	return err
}

// SetLevel raises or lowers a person's level.
func SetLevel(ctx context.Context, q store.Queryer, oid int64, level cabinet.Level) error {
	_, err := q.ExecContext(ctx, "UPDATE persons SET level = ? WHERE oid = ?", level, oid)
	return err
}

// SetMember makes somebody a member of an organisation or changes the powers.
func SetMember(ctx context.Context, q store.Queryer, m Member) error {
	powers, err := json.Marshal(m.Powers)
	if err != nil {
		return err
	}
	var until int64
	if !m.Until.IsZero() {
		until = m.Until.UnixMicro()
	}
	_, err = q.ExecContext(ctx, `INSERT INTO members(person_oid, org_oid, position, chief, powers, until_us) VALUES(?,?,?,?,?,?)
		ON CONFLICT(person_oid, org_oid) DO UPDATE SET position=excluded.position, chief=excluded.chief,
			powers=excluded.powers, until_us=excluded.until_us`,
		m.PersonOID, m.OrgOID, m.Position, m.Chief, string(powers), until)
	return err
}

// RemoveMember ends a membership.
func RemoveMember(ctx context.Context, q store.Queryer, personOID, orgOID int64) error {
	_, err := q.ExecContext(ctx, "DELETE FROM members WHERE person_oid = ? AND org_oid = ?", personOID, orgOID)
	return err
}

func encodeData(p Person) (string, error) {
	b, err := json.Marshal(personData{p.Documents, p.Addresses, p.Kids, p.Vehicles})
	return string(b), err
}

func optional(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

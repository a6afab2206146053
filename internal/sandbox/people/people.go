// Package people is who the embedded portal knows: citizens, organisations and
// who may act for them, and the messages sent to their phones and mailboxes.
// All of them are demo people. Only packages under internal/sandbox may import
// it.
package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// ErrNotFound means that there is no such person, organisation or membership.
var ErrNotFound = errors.New("nobody by this id")

// Person is a citizen.
type Person struct {
	OID         int64
	LastName    string
	FirstName   string
	MiddleName  string
	BirthDate   string // yyyy-mm-dd
	Gender      string // "M" or "F"
	BirthPlace  string
	Citizenship string // "RUS"
	SNILS       string // 000-000-000 00; empty while unknown
	INN         string // 12 digits; empty while unknown
	Email       string
	Mobile      string // +7(900)0000001, as ЕСИА writes it
	Level       cabinet.Level
	Documents   []Document
	Addresses   []Address
	Kids        []Kid
	Vehicles    []Vehicle
}

// FullName returns "Фамилия Имя Отчество".
func (p Person) FullName() string {
	s := p.LastName + " " + p.FirstName
	if p.MiddleName != "" {
		s += " " + p.MiddleName
	}
	return s
}

// Passport returns the internal passport, when the person has one.
func (p Person) Passport() (Document, bool) { return p.Document("RF_PASSPORT") }

// Document returns the person's document of a type of ЕСИА ("RF_PASSPORT",
// "RF_DRIVING_LICENSE", "FRGN_PASS", "MDCL_PLCY").
func (p Person) Document(kind string) (Document, bool) {
	for _, d := range p.Documents {
		if d.Type == kind {
			return d, true
		}
	}
	return Document{}, false
}

// Address returns the address of a type: "PLV" living, "PRG" registration.
func (p Person) Address(kind string) (Address, bool) {
	for _, a := range p.Addresses {
		if a.Type == kind {
			return a, true
		}
	}
	return Address{}, false
}

// Document is an identity or other document of a person.
type Document struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // of ЕСИА
	Series    string `json:"series,omitempty"`
	Number    string `json:"number"`
	IssueDate string `json:"issueDate,omitempty"` // yyyy-mm-dd
	IssueID   string `json:"issueId,omitempty"`   // код подразделения, 000000
	IssuedBy  string `json:"issuedBy,omitempty"`
	Expires   string `json:"expires,omitempty"` // yyyy-mm-dd
	Verified  bool   `json:"verified"`
}

// Address is a postal address of a person.
type Address struct {
	ID      int64  `json:"id"`
	Type    string `json:"type"` // "PLV" or "PRG"
	ZipCode string `json:"zipCode"`
	Region  string `json:"region"`
	City    string `json:"city"`
	Street  string `json:"street"`
	House   string `json:"house"`
	Flat    string `json:"flat,omitempty"`
	OKATO   string `json:"okato,omitempty"` // 11 digits
}

// Line returns the address in one line.
func (a Address) Line() string {
	s := a.ZipCode + ", " + a.Region + ", " + a.City + ", " + a.Street + ", д. " + a.House
	if a.Flat != "" {
		s += ", кв. " + a.Flat
	}
	return s
}

// Kid is a child of a person.
type Kid struct {
	ID         int64  `json:"id"`
	LastName   string `json:"lastName"`
	FirstName  string `json:"firstName"`
	MiddleName string `json:"middleName"`
	BirthDate  string `json:"birthDate"` // yyyy-mm-dd
	Gender     string `json:"gender"`
	SNILS      string `json:"snils"`
}

// Vehicle is a car of a person.
type Vehicle struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Plate  string `json:"plate"`  // А000АА00
	VIN    string `json:"vin"`    // 17 characters
	STS    string `json:"sts"`    // series and number of the registration certificate, 10 characters
	Issued string `json:"issued"` // of the certificate, yyyy-mm-dd
}

// Org is an organisation or a sole trader.
type Org struct {
	OID       int64
	Type      string // "LEGAL", "BUSINESS" (ИП), "AGENCY"
	ShortName string
	FullName  string
	INN       string // 10 digits, 12 for a sole trader
	KPP       string // empty for a sole trader
	OGRN      string // 13 digits, 15 for a sole trader
	Email     string
	Phone     string
	Address   Address
}

// Member is somebody who may act for an organisation.
type Member struct {
	PersonOID int64
	OrgOID    int64
	Position  string
	Chief     bool
	Powers    []string  // "orders", "payments"; a chief needs none
	Until     time.Time // end of the powers, wall clock; zero is no end
}

// Message is an SMS or a letter sent to a person.
type Message struct {
	At      time.Time // wall clock
	OID     int64
	To      string
	Kind    string // "sms" or "email"
	Text    string // in Russian, as a phone shows it
	TextEN  string
	Code    string // the one-time code inside, when there is one
	Purpose string // what the code is for: "sign-in", "payment"
}

const personColumns = `oid, last_name, first_name, middle_name, birth_date, gender, birth_place, citizenship,
	snils, inn, email, mobile, level, data`

// personData is the part of a person that is never searched, kept as JSON.
type personData struct {
	Documents []Document `json:"documents,omitempty"`
	Addresses []Address  `json:"addresses,omitempty"`
	Kids      []Kid      `json:"kids,omitempty"`
	Vehicles  []Vehicle  `json:"vehicles,omitempty"`
}

type scanner interface{ Scan(...any) error }

func scanPerson(row scanner) (Person, error) {
	var p Person
	var data string
	var snils, inn, email, mobile sql.NullString
	err := row.Scan(&p.OID, &p.LastName, &p.FirstName, &p.MiddleName, &p.BirthDate, &p.Gender, &p.BirthPlace,
		&p.Citizenship, &snils, &inn, &email, &mobile, &p.Level, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, err
	}
	p.SNILS, p.INN, p.Email, p.Mobile = snils.String, inn.String, email.String, mobile.String
	var d personData
	if err := json.Unmarshal([]byte(data), &d); err != nil {
		return p, fmt.Errorf("person %d: %w", p.OID, err)
	}
	p.Documents, p.Addresses, p.Kids, p.Vehicles = d.Documents, d.Addresses, d.Kids, d.Vehicles
	return p, nil
}

// ByOID returns a person; ErrNotFound when there is none.
func ByOID(ctx context.Context, q store.Queryer, oid int64) (Person, error) {
	return scanPerson(q.QueryRowContext(ctx, "SELECT "+personColumns+" FROM persons WHERE oid = ?", oid))
}

// NameOf returns the full name of a person; ErrNotFound when there is none.
func NameOf(ctx context.Context, q store.Queryer, oid int64) (string, error) {
	var p Person
	err := q.QueryRowContext(ctx, "SELECT last_name, first_name, middle_name FROM persons WHERE oid = ?", oid).
		Scan(&p.LastName, &p.FirstName, &p.MiddleName)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return p.FullName(), err
}

// All returns every person by OID.
func All(ctx context.Context, q store.Queryer) ([]Person, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+personColumns+" FROM persons ORDER BY oid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Person
	for rows.Next() {
		p, err := scanPerson(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// OrgByOID returns an organisation; ErrNotFound when there is none.
func OrgByOID(ctx context.Context, q store.Queryer, oid int64) (Org, error) {
	var o Org
	var address string
	err := q.QueryRowContext(ctx, `SELECT oid, type, short_name, full_name, inn, kpp, ogrn, email, phone, address
		FROM orgs WHERE oid = ?`, oid).
		Scan(&o.OID, &o.Type, &o.ShortName, &o.FullName, &o.INN, &o.KPP, &o.OGRN, &o.Email, &o.Phone, &address)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(address), &o.Address)
}

const memberColumns = "person_oid, org_oid, position, chief, powers, until_us"

func scanMember(row scanner) (Member, error) {
	var m Member
	var powers string
	var until int64
	err := row.Scan(&m.PersonOID, &m.OrgOID, &m.Position, &m.Chief, &powers, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, err
	}
	if until != 0 {
		m.Until = time.UnixMicro(until).UTC()
	}
	return m, json.Unmarshal([]byte(powers), &m.Powers)
}

// MemberOf returns the membership of a person in an organisation as of now
// (wall clock); ErrNotFound when there is none or its term is over.
func MemberOf(ctx context.Context, q store.Queryer, personOID, orgOID int64, now time.Time) (Member, error) {
	return scanMember(q.QueryRowContext(ctx, "SELECT "+memberColumns+
		" FROM members WHERE person_oid = ? AND org_oid = ? AND (until_us = 0 OR until_us > ?)",
		personOID, orgOID, now.UnixMicro()))
}

// OrgsOf returns the memberships of a person as of now (wall clock).
func OrgsOf(ctx context.Context, q store.Queryer, personOID int64, now time.Time) ([]Member, error) {
	return listMembers(ctx, q, "person_oid = ?", personOID, now)
}

// MembersOf returns everybody who may act for an organisation as of now (wall
// clock).
func MembersOf(ctx context.Context, q store.Queryer, orgOID int64, now time.Time) ([]Member, error) {
	return listMembers(ctx, q, "org_oid = ?", orgOID, now)
}

func listMembers(ctx context.Context, q store.Queryer, where string, oid int64, now time.Time) ([]Member, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+memberColumns+" FROM members WHERE "+where+
		" AND (until_us = 0 OR until_us > ?) ORDER BY org_oid, person_oid", oid, now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Member
	for rows.Next() {
		m, err := scanMember(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// Send puts a message into the outbox of the training portal, where
// /sandbox/v1/users shows it: the demo phone and mailbox.
func Send(ctx context.Context, q store.Queryer, m Message) error {
	_, err := q.ExecContext(ctx, `INSERT INTO outbox(at_us, oid, recipient, kind, text, text_en, code, purpose)
		VALUES(?,?,?,?,?,?,?,?)`, m.At.UnixMicro(), m.OID, m.To, m.Kind, m.Text, m.TextEN, m.Code, m.Purpose)
	return err
}

// Messages returns the latest messages to a person, newest first; OID 0 stands
// for people who have no account yet.
func Messages(ctx context.Context, q store.Queryer, oid int64, limit int) ([]Message, error) {
	rows, err := q.QueryContext(ctx, `SELECT at_us, oid, recipient, kind, text, text_en, code, purpose
		FROM outbox WHERE oid = ? ORDER BY id DESC LIMIT ?`, oid, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Message
	for rows.Next() {
		var m Message
		var at int64
		if err := rows.Scan(&at, &m.OID, &m.To, &m.Kind, &m.Text, &m.TextEN, &m.Code, &m.Purpose); err != nil {
			return nil, err
		}
		m.At = time.UnixMicro(at).UTC()
		out = append(out, m)
	}
	return out, rows.Err()
}

// ForgetMessages deletes the messages to a person that are older than before
// and returns how many there were.
func ForgetMessages(ctx context.Context, q store.Queryer, oid int64, before time.Time) (int, error) {
	r, err := q.ExecContext(ctx, "DELETE FROM outbox WHERE oid = ? AND at_us < ?", oid, before.UnixMicro())
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

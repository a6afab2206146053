// Package certificates knows which certificates belong to which account of the
// embedded portal: it issues them by "epgu sandbox CA", binds them to an
// account by a code, and tells whether a signer is the applicant. Only packages
// under internal/sandbox may import it.
package certificates

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Bounds of a binding.
const (
	term      = 15 * 30 * 24 * time.Hour // of an issued certificate: about fifteen months, as authorities do
	codeTerm  = 5 * time.Minute
	maxTries  = 3
	maxSends  = 5
	maxOnFile = 20 // certificates of one account
)

func schema() store.Schema {
	return store.Schema{Name: "certificates", Migrations: []string{`
CREATE TABLE account_certificates(
	id       TEXT PRIMARY KEY,
	oid      INTEGER NOT NULL,
	org_oid  INTEGER NOT NULL,
	der      BLOB NOT NULL,
	code     TEXT NOT NULL,            -- empty once it was given
	sent_us  INTEGER NOT NULL,
	sends    INTEGER NOT NULL,
	tries    INTEGER NOT NULL,
	bound_us INTEGER NOT NULL,         -- 0 while the code is awaited
	UNIQUE(oid, org_oid, der)
) STRICT;
`}}
}

// Owner is whose certificate it is: a person, or the organisation the person
// acts for.
type Owner struct{ OID, OrgOID int64 }

type record struct {
	id          string
	owner       Owner
	certificate *cert.Certificate
	code        string
	sent        time.Time
	sends       int
	tries       int
	bound       time.Time
}

const columns = "id, oid, org_oid, der, code, sent_us, sends, tries, bound_us"

func scan(row interface{ Scan(...any) error }) (record, error) {
	var r record
	var der []byte
	var sent, bound int64
	err := row.Scan(&r.id, &r.owner.OID, &r.owner.OrgOID, &der, &r.code, &sent, &r.sends, &r.tries, &bound)
	if errors.Is(err, sql.ErrNoRows) {
		return r, problem.NotFound("certificate.not_found")
	}
	if err != nil {
		return r, err
	}
	r.sent = time.UnixMicro(sent).UTC()
	if bound != 0 {
		r.bound = time.UnixMicro(bound).UTC()
	}
	r.certificate, err = cert.Parse(der)
	return r, err
}

func find(ctx context.Context, q store.Queryer, owner Owner, id string) (record, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM account_certificates WHERE id = ? AND oid = ? AND org_oid = ?",
		id, owner.OID, owner.OrgOID))
}

func list(ctx context.Context, q store.Queryer, owner Owner) ([]record, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+columns+" FROM account_certificates WHERE oid = ? AND org_oid = ? ORDER BY id",
		owner.OID, owner.OrgOID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (r *record) save(ctx context.Context, q store.Queryer) error {
	bound := int64(0)
	if !r.bound.IsZero() {
		bound = r.bound.UnixMicro()
	}
	_, err := q.ExecContext(ctx, "INSERT INTO account_certificates("+columns+`) VALUES(?,?,?,?,?,?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET code=excluded.code, sent_us=excluded.sent_us, sends=excluded.sends, tries=excluded.tries, bound_us=excluded.bound_us`,
		r.id, r.owner.OID, r.owner.OrgOID, r.certificate.Raw, r.code, r.sent.UnixMicro(), r.sends, r.tries, bound)
	return err
}

func (r *record) wire(mobile string) wire.Certificate {
	c := r.certificate
	out := wire.Certificate{
		ID: r.id, State: wire.CertificateCodeSent, Target: untrusted.Text(people.MaskMobile(mobile)),
		Subject: untrusted.Text(c.Subject.String()), Issuer: untrusted.Text(c.Issuer.String()),
		Serial: c.Serial(), Hash: c.Hash(), NotBefore: c.NotBefore(), NotAfter: c.NotAfter(),
	}
	if !r.bound.IsZero() {
		out.State, out.Target, out.BoundAt = wire.CertificateBound, "", &r.bound
	}
	return out
}

// subject is the name on a certificate of the owner: what the account says,
// never what the request wishes.
func subject(ctx context.Context, q store.Queryer, owner Owner) (cert.Name, error) {
	p, err := people.ByOID(ctx, q, owner.OID)
	if err != nil {
		return cert.Name{}, err
	}
	given := strings.TrimSpace(p.FirstName + " " + p.MiddleName)
	n := cert.Name{
		CommonName: untrusted.Text(p.FullName()), Surname: untrusted.Text(p.LastName), GivenName: untrusted.Text(given), Country: "RU",
		SNILS: untrusted.Text(digits(p.SNILS)), INN: untrusted.Text(p.INN), Email: untrusted.Text(p.Email),
	}
	if owner.OrgOID == 0 {
		return n, nil
	}
	o, err := people.OrgByOID(ctx, q, owner.OrgOID)
	if err != nil {
		return cert.Name{}, err
	}
	n.Organization = untrusted.Text(o.ShortName)
	switch len(o.OGRN) {
	case 15:
		n.OGRNIP = untrusted.Text(o.OGRN)
	default:
		n.OGRN, n.OrgINN = untrusted.Text(o.OGRN), untrusted.Text(o.INN)
	}
	return n, nil
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// names reports whether a certificate was issued to the owner, as far as its
// subject tells: by СНИЛС to a person, by ОГРН to an organisation.
func names(ctx context.Context, q store.Queryer, owner Owner, c *cert.Certificate) (bool, error) {
	want, err := subject(ctx, q, owner)
	if err != nil {
		return false, err
	}
	same := func(a, b untrusted.Text) bool { return a.Raw() != "" && digits(a.Raw()) == digits(b.Raw()) }
	if owner.OrgOID != 0 {
		return same(want.OGRN, c.Subject.OGRN) || same(want.OGRNIP, c.Subject.OGRNIP), nil
	}
	return same(want.SNILS, c.Subject.SNILS), nil
}

// Owns reports whether a signature under c counts as the owner's own: the
// certificate is bound to the account, or this portal's authority issued it to
// the owner. Terms are not looked at.
func Owns(ctx context.Context, q store.Queryer, owner Owner, c *cert.Certificate) (bool, error) {
	var bound int64
	err := q.QueryRowContext(ctx, "SELECT bound_us FROM account_certificates WHERE oid = ? AND org_oid = ? AND der = ?",
		owner.OID, owner.OrgOID, c.Raw).Scan(&bound)
	if err == nil && bound != 0 {
		return true, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	if ours, err := issued(ctx, q, c); err != nil || !ours {
		return false, err
	}
	return names(ctx, q, owner, c)
}

// BoundTo returns the accounts that a certificate is bound to, those of people
// before those of organisations.
func BoundTo(ctx context.Context, q store.Queryer, c *cert.Certificate) ([]Owner, error) {
	rows, err := q.QueryContext(ctx, "SELECT oid, org_oid FROM account_certificates WHERE der = ? AND bound_us <> 0 ORDER BY org_oid, bound_us", c.Raw)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Owner
	for rows.Next() {
		var o Owner
		if err := rows.Scan(&o.OID, &o.OrgOID); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// CountBound returns how many certificates are bound to a person's accounts,
// his own and those of the organisations that he bound one for.
func CountBound(ctx context.Context, q store.Queryer, oid int64) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM account_certificates WHERE oid = ? AND bound_us <> 0", oid).Scan(&n)
	return n, err
}

// issue makes a certificate for the key of a request.
func issue(ctx context.Context, q store.Queryer, caller session.Caller, public *gost3410.PublicKey, now time.Time) (wire.IssuedCertificate, error) {
	if !caller.AtLeast(wire.LevelConfirmed) {
		return wire.IssuedCertificate{}, problem.New(http.StatusForbidden, "certificate.level",
			i18n.Say("Сертификат выдают только по подтверждённой учётной записи", "Certificates are issued to confirmed accounts only")).
			WithHint(i18n.Say("подтвердите личность: epgu profile level", "confirm your identity: epgu profile level"))
	}
	name, err := subject(ctx, q, Owner{caller.OID, caller.OrgOID})
	if err != nil {
		return wire.IssuedCertificate{}, err
	}
	c, err := pki.IssueFor(ctx, q, name, public, now, term)
	if err != nil {
		return wire.IssuedCertificate{}, err
	}
	ca, err := pki.Load(ctx, q, pki.CA)
	if err != nil {
		return wire.IssuedCertificate{}, err
	}
	return wire.IssuedCertificate{CertificatePEM: string(c.PEM()), IssuerPEM: string(ca.Certificate.PEM())}, nil
}

// begin puts a certificate on file and sends the code.
func begin(ctx context.Context, tx *sql.Tx, owner Owner, c *cert.Certificate, now time.Time) (wire.Certificate, error) {
	all, err := list(ctx, tx, owner)
	if err != nil {
		return wire.Certificate{}, err
	}
	r := record{id: session.NewID(), owner: owner, certificate: c}
	for _, known := range all {
		if !known.certificate.Equal(c) {
			continue
		}
		if !known.bound.IsZero() {
			e := problem.New(http.StatusConflict, "certificate.bound", i18n.Say("Сертификат уже привязан", "The certificate is bound already"))
			e.Ref = known.id
			return wire.Certificate{}, e
		}
		r = known
	}
	if len(all) >= maxOnFile {
		return wire.Certificate{}, problem.New(http.StatusConflict, "certificate.too_many",
			i18n.Text{RU: "Больше %d сертификатов к записи не привязать", EN: "No more than %d certificates can be bound"}.With(maxOnFile))
	}
	p, err := people.ByOID(ctx, tx, owner.OID)
	if err != nil {
		return wire.Certificate{}, err
	}
	if err := r.send(ctx, tx, p, now); err != nil {
		return wire.Certificate{}, err
	}
	return r.wire(p.Mobile), nil
}

// send sends a fresh code.
func (r *record) send(ctx context.Context, tx *sql.Tx, p people.Person, now time.Time) error {
	if r.sends >= maxSends {
		return problem.New(http.StatusTooManyRequests, "certificate.too_many_codes", i18n.Say("Больше кодов прислать нельзя", "No more codes can be sent")).
			WithHint(i18n.Say("удалите незавершённую привязку и начните заново", "remove the unfinished binding and begin again"))
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	r.code, r.sent = fmt.Sprintf("%06d", n.Int64()), now
	r.sends++
	text := i18n.Text{RU: "Код для привязки сертификата на учебном портале: %s", EN: "Code to bind a certificate at the training portal: %s"}.With(r.code)
	if err := people.Send(ctx, tx, people.Message{At: now, OID: p.OID, To: p.Mobile, Kind: "sms",
		Text: text.In(i18n.RU), TextEN: text.In(i18n.EN), Code: r.code, Purpose: "certificate"}); err != nil {
		return err
	}
	return r.save(ctx, tx)
}

// confirm takes the code of a binding. A wrong one is counted, so the caller
// commits before it answers with the refusal.
func confirm(ctx context.Context, tx *sql.Tx, owner Owner, id, code string, now time.Time) (out wire.Certificate, refusal *problem.Error, err error) {
	r, err := find(ctx, tx, owner, id)
	if err != nil {
		return out, nil, err
	}
	p, err := people.ByOID(ctx, tx, owner.OID)
	if err != nil {
		return out, nil, err
	}
	switch {
	case !r.bound.IsZero():
	case code == "":
		err = r.send(ctx, tx, p, now)
	case r.tries >= maxTries:
		return out, problem.New(http.StatusTooManyRequests, "certificate.too_many_tries", i18n.Say("Слишком много неверных кодов", "Too many wrong codes")).
			WithHint(i18n.Say("удалите незавершённую привязку и начните заново", "remove the unfinished binding and begin again")), nil
	case !now.Before(r.sent.Add(codeTerm)):
		return out, problem.New(http.StatusForbidden, "certificate.code_expired", i18n.Say("Срок кода истёк", "The code has expired")).
			WithHint(i18n.Say("запросите новый код", "ask for a new code")), nil
	case subtle.ConstantTimeCompare([]byte(r.code), []byte(code)) != 1:
		r.tries++
		return out, problem.New(http.StatusForbidden, "certificate.wrong_code", i18n.Say("Неверный код", "The code is wrong")), r.save(ctx, tx)
	default:
		r.code, r.bound = "", now
		err = r.save(ctx, tx)
	}
	return r.wire(p.Mobile), nil, err
}

// The ways that an approver's certificate may be known to the portal.
const (
	TrustBound  = "bound"  // bound to the account by a code, by any of the organisation's people
	TrustIssued = "issued" // by this portal's authority, to a person who may speak for the account
)

// Approver tells why a signature under c counts as an approval of what the owner
// spends, "" when it does not. A certificate bound to the account counts; so does
// one that this portal's authority has issued: for an organisation when it names
// the organisation or one of its people, for a citizen whoever it names. Terms are
// not looked at. alone tells that only the owner's own word stands for it: nobody else
// has bound it, and this portal has not issued it.
func Approver(ctx context.Context, q store.Queryer, owner Owner, c *cert.Certificate, now time.Time) (trust string, alone bool, err error) {
	where, args := "oid = ? AND org_oid = 0", []any{owner.OID, c.Raw}
	if owner.OrgOID != 0 {
		where, args = "org_oid = ?", []any{owner.OrgOID, c.Raw}
	}
	var bound, byOthers int64
	if err := q.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE oid <> ?) FROM account_certificates WHERE "+where+" AND der = ? AND bound_us <> 0",
		append([]any{owner.OID}, args...)...).Scan(&bound, &byOthers); err != nil {
		return "", false, err
	}
	ours, err := issued(ctx, q, c)
	if err != nil {
		return "", false, err
	}
	if bound > 0 {
		return TrustBound, byOthers == 0 && !ours, nil
	}
	if !ours {
		return "", false, nil
	}
	if owner.OrgOID == 0 {
		return TrustIssued, false, nil
	}
	if named, err := names(ctx, q, owner, c); err != nil || named {
		return TrustIssued, false, err
	}
	members, err := people.MembersOf(ctx, q, owner.OrgOID, now)
	if err != nil {
		return "", false, err
	}
	for _, m := range members {
		p, err := people.ByOID(ctx, q, m.PersonOID)
		if err != nil {
			return "", false, err
		}
		if snils := digits(p.SNILS); snils != "" && snils == digits(c.Subject.SNILS.Raw()) {
			return TrustIssued, false, nil
		}
	}
	return "", false, nil
}

// issued reports whether this portal's authority issued a certificate.
func issued(ctx context.Context, q store.Queryer, c *cert.Certificate) (bool, error) {
	all, err := pki.All(ctx, q, pki.CA)
	if err != nil {
		return false, err
	}
	for _, ca := range all {
		if c.CheckIssuedBy(ca.Certificate) == nil {
			return true, nil
		}
	}
	return false, nil
}

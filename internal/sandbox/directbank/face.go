package directbank

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/certificates"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// face is the bank's HTTP side.
type face struct{ room.Deps }

// method is one method of the standard.
type method func(ctx context.Context, r *http.Request) (*wire.Success, error)

// maxPacket bounds what a customer sends, bytes.
const maxPacket = 64 << 20

// fail is an error in the standard's words.
type fail struct{ code, description, more string }

func (e *fail) Error() string { return e.code + " " + e.description }

// handler answers every request with a ResultBank and status 200, as the standard
// says; only a version that the bank does not know gets 426.
func (f *face) handler(serve method) http.Handler {
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		version := r.Header.Get("APIVersion")
		if version != "" && !slices.Contains(wire.Versions(), version) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusUpgradeRequired)
			_, err := io.WriteString(w, "DirectBank "+wire.OldestVersion+"–"+wire.NewestVersion)
			return err
		}
		out := wire.ResultBank{FormatVersion: version, UserAgent: "epgu sandbox"}
		var err error
		if version == "" {
			out.FormatVersion = wire.NewestVersion
			err = &fail{"1002", "Не заполнен обязательный заголовок", "APIVersion"}
		} else {
			out.Success, err = serve(r.Context(), r)
		}
		var said *fail
		switch {
		case errors.As(err, &said):
			out.Success, out.Error = nil, &wire.Error{Code: said.code, Description: said.description, MoreInfo: said.more}
		case err != nil:
			f.Log.Error("directbank", "path", r.URL.Path, "error", err)
			out.Success, out.Error = nil, &wire.Error{Code: "1010", Description: "Внутренняя ошибка банка"}
		}
		b, err := write(out)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", wire.MediaType)
		_, err = w.Write(b)
		return err
	})
}

// write writes a message with its BOM.
func write(v any) ([]byte, error) {
	b, err := xml.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append([]byte(wire.BOM+xml.Header), b...), nil
}

func read(raw []byte, v any) error {
	return xml.Unmarshal(bytes.TrimPrefix(raw, []byte(wire.BOM)), v)
}

// The sessions. The standard advises five minutes, prolonged by each request, and to
// slow down whoever signs in wrongly three times in half a minute.
const (
	sessionTerm = 5 * time.Minute
	wrongTries  = 3
	wrongWithin = 30 * time.Second
	wrongPause  = 60 * time.Second
)

func (f *face) logon(ctx context.Context, r *http.Request) (*wire.Success, error) {
	login, password, ok := r.BasicAuth()
	if !ok {
		return nil, &fail{"1002", "Не заполнен обязательный заголовок", "Authorization"}
	}
	if r.Header.Get("CustomerID") == "" {
		return nil, &fail{"1002", "Не заполнен обязательный заголовок", "CustomerID"}
	}
	var out *wire.LogonResponse
	var refused error // kept beside the count of wrong attempts
	err := f.DB.Write(ctx, func(tx *sql.Tx) error {
		now := f.Clock.Now()
		if refused = slowDown(ctx, tx, login, now); refused != nil {
			return nil
		}
		c, err := customerBy(ctx, tx, login)
		if err != nil && !errors.Is(err, errNoCustomer) {
			return err
		}
		if err != nil || subtle.ConstantTimeCompare([]byte(password), []byte(Password)) != 1 {
			refused = &fail{"1201", "Неверный логин или пароль", ""}
			return wrong(ctx, tx, login, now)
		}
		if id := r.Header.Get("CustomerID"); id != "0" && id != c.id {
			refused = &fail{"1003", "Идентификатор клиента не найден", id}
			return nil
		}
		w, err := waysOf(ctx, tx)
		if err != nil {
			return err
		}
		if w.has(training.BankCertificate) && r.Header.Get("CustomerID") != "0" {
			refused = &fail{"1011", "Способ аутентификации не поддерживается", "вход по сертификату"}
			return nil
		}
		sid, otp := uuid.NewString(), ""
		out = &wire.LogonResponse{SID: sid}
		if w.has(training.BankOTP) {
			if otp, err = f.sendOTP(ctx, tx, c, now); err != nil {
				return err
			}
			out.Extra = &wire.ExtraAuth{OTP: wire.OTP{Phone: "+7*****0000", Code: sid[:4]}}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO directbank_sessions(sid, customer, otp, until_us, settings_only) VALUES(?,?,?,?,?)", sid, c.id, otp, now.Add(sessionTerm).UnixMicro(), w.has(training.BankCertificate))
		return err
	})
	if err = errors.Join(err, refused); err != nil {
		return nil, err
	}
	return &wire.Success{Logon: out}, nil
}

func slowDown(ctx context.Context, tx *sql.Tx, login string, now time.Time) error {
	var until int64
	err := tx.QueryRowContext(ctx, "SELECT until_us FROM directbank_wrong WHERE login = ?", login).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && now.UnixMicro() < until {
		return &fail{"1203", "Вход временно заблокирован", "до " + time.UnixMicro(until).In(clock.Moscow()).Format("15:04:05")}
	}
	return err
}

func wrong(ctx context.Context, tx *sql.Tx, login string, now time.Time) error {
	var tries int
	var since int64
	err := tx.QueryRowContext(ctx, "SELECT tries, since_us FROM directbank_wrong WHERE login = ?", login).Scan(&tries, &since)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err != nil || now.Sub(time.UnixMicro(since)) > wrongWithin {
		tries, since = 0, now.UnixMicro()
	}
	tries++
	var until int64
	if tries >= wrongTries {
		until, tries, since = now.Add(wrongPause).UnixMicro(), 0, now.UnixMicro()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO directbank_wrong(login, tries, since_us, until_us) VALUES(?,?,?,?)
		ON CONFLICT(login) DO UPDATE SET tries = excluded.tries, since_us = excluded.since_us, until_us = excluded.until_us`, login, tries, since, until)
	return err
}

// sendOTP sends a code to the customer's chief: epgu sandbox users shows it.
func (f *face) sendOTP(ctx context.Context, tx *sql.Tx, c customer, now time.Time) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("%06d", n.Int64())
	members, err := people.MembersOf(ctx, tx, c.org.OID, now)
	if err != nil {
		return "", err
	}
	for _, m := range members {
		if !m.Chief {
			continue
		}
		p, err := people.ByOID(ctx, tx, m.PersonOID)
		if err != nil {
			return "", err
		}
		return code, people.Send(ctx, tx, people.Message{At: now, OID: p.OID, To: p.Mobile, Kind: "sms", Text: "Код для входа в учебный банк: " + code, TextEN: "Code to sign in to the training bank: " + code, Code: code, Purpose: "directbank"})
	}
	return "", errors.New("the customer has no chief")
}

func (f *face) logonOTP(ctx context.Context, r *http.Request) (*wire.Success, error) {
	sid := r.Header.Get("SID")
	var refused error
	fresh := uuid.NewString()
	err := f.DB.Write(ctx, func(tx *sql.Tx) error {
		now := f.Clock.Now()
		var customer, otp string
		var tries int
		var settingsOnly bool
		err := tx.QueryRowContext(ctx, "SELECT customer, otp, tries, settings_only FROM directbank_sessions WHERE sid = ? AND until_us > ?", sid, now.UnixMicro()).Scan(&customer, &otp, &tries, &settingsOnly)
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && otp == "":
			refused = &fail{wire.ErrSessionUnknown, "Неизвестный идентификатор сессии", ""}
			return nil
		case err != nil:
			return err
		case subtle.ConstantTimeCompare([]byte(otp), []byte(r.Header.Get("OTP"))) != 1:
			refused = &fail{"1204", "Неверный одноразовый пароль", ""}
			if tries+1 >= wrongTries {
				_, err = tx.ExecContext(ctx, "DELETE FROM directbank_sessions WHERE sid = ?", sid)
				return err
			}
			_, err = tx.ExecContext(ctx, "UPDATE directbank_sessions SET tries = tries + 1 WHERE sid = ?", sid)
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM directbank_sessions WHERE sid = ?", sid); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO directbank_sessions(sid, customer, otp, until_us, settings_only) VALUES(?,?,'',?,?)", fresh, customer, now.Add(sessionTerm).UnixMicro(), settingsOnly)
		return err
	})
	if err = errors.Join(err, refused); err != nil {
		return nil, err
	}
	return &wire.Success{Logon: &wire.LogonResponse{SID: fresh}}, nil
}

// logonCert signs a customer in by a certificate where the settings say so: the
// session's id comes enveloped for it, so that only its owner can use the session.
func (f *face) logonCert(ctx context.Context, r *http.Request) (*wire.Success, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 2*cert.MaxSize))
	if err != nil {
		return nil, err
	}
	var enveloped []byte
	err = f.DB.Write(ctx, func(tx *sql.Tx) error {
		w, err := waysOf(ctx, tx)
		if err != nil {
			return err
		}
		if !w.has(training.BankCertificate) {
			return &fail{"1011", "Способ аутентификации не поддерживается", "вход по логину и паролю"}
		}
		id := r.Header.Get("CustomerID")
		if id == "" {
			return &fail{"1002", "Не заполнен обязательный заголовок", "CustomerID"}
		}
		c, err := customerBy(ctx, tx, id)
		if errors.Is(err, errNoCustomer) || err == nil && c.id != id {
			return &fail{"1003", "Идентификатор клиента не найден", id}
		}
		if err != nil {
			return err
		}
		theirs, err := f.certificateOf(ctx, tx, c, raw)
		if err != nil {
			return err
		}
		sid := uuid.NewString()
		if enveloped, err = cms.Envelop(nil, []byte(wire.BOM+sid), theirs); err != nil { // with a mark, as the standard's example
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO directbank_sessions(sid, customer, otp, until_us) VALUES(?,?,'',?)", sid, c.id, f.Clock.Now().Add(sessionTerm).UnixMicro())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &wire.Success{LogonCert: &wire.LogonCertResponse{EncryptedSID: base64.StdEncoding.EncodeToString(enveloped)}}, nil
}

// certificateOf reads the certificate of a sign-in and says whether it is one of the
// customer's: bound to its account, or issued by the portal's authority to it or to
// one of its people.
func (f *face) certificateOf(ctx context.Context, tx *sql.Tx, c customer, raw []byte) (*cert.Certificate, error) {
	var x wire.X509Data
	if err := read(raw, &x); err != nil {
		return nil, &fail{"1201", "Неверный сертификат", "это не X509Data"}
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(x.Certificate), ""))
	if err != nil {
		return nil, &fail{"1201", "Неверный сертификат", "X509Certificate не base64"}
	}
	theirs, err := cert.Parse(der)
	switch {
	case err != nil || theirs.Key == nil:
		return nil, &fail{"1201", "Неверный сертификат", "нужен сертификат с ключом ГОСТ Р 34.10-2012"}
	case !sameSerial(x.Serial, theirs) || x.Issuer != theirs.Issuer.CommonName.Raw():
		return nil, &fail{"1101", "Сертификат не найден", x.Serial}
	}
	now := f.Clock.Now()
	switch {
	case now.Before(theirs.NotBefore()):
		return nil, &fail{"1105", "Срок действия сертификата не наступил", ""}
	case now.After(theirs.NotAfter()):
		return nil, &fail{"1104", "Срок действия сертификата истёк", ""}
	}
	members, err := people.MembersOf(ctx, tx, c.org.OID, now)
	if err != nil {
		return nil, err
	}
	trust := ""
	if len(members) > 0 { // whichever of them asks: it is about the organisation
		if trust, _, err = certificates.Approver(ctx, tx, certificates.Owner{OID: members[0].PersonOID, OrgOID: c.org.OID}, theirs, now); err != nil {
			return nil, err
		}
	}
	if trust == "" {
		return nil, &fail{"1101", "Сертификат не найден", "он не зарегистрирован за клиентом " + c.id}
	}
	return theirs, nil
}

// session finds the customer of a request and prolongs the session.
func (f *face) session(ctx context.Context, tx *sql.Tx, r *http.Request) (customer, error) {
	sid := r.Header.Get("SID")
	if sid == "" {
		return customer{}, &fail{"1002", "Не заполнен обязательный заголовок", "SID"}
	}
	now := f.Clock.Now()
	var id, otp string
	var until int64
	var settingsOnly bool
	err := tx.QueryRowContext(ctx, "SELECT customer, otp, until_us, settings_only FROM directbank_sessions WHERE sid = ?", sid).Scan(&id, &otp, &until, &settingsOnly)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && (otp != "" || settingsOnly && !strings.HasSuffix(r.URL.Path, "/GetSettings")):
		return customer{}, &fail{wire.ErrSessionUnknown, "Неизвестный идентификатор сессии", ""}
	case err != nil:
		return customer{}, err
	case until <= now.UnixMicro():
		return customer{}, &fail{wire.ErrSessionEnded, "Время сессии истекло", ""}
	}
	if given := r.Header.Get("CustomerID"); given != id && given != "0" {
		return customer{}, &fail{"1003", "Идентификатор клиента не найден", given}
	}
	// Prolonged when half of it is over: not every reading request has to write.
	if time.UnixMicro(until).Sub(now) < sessionTerm/2 {
		if _, err := tx.ExecContext(ctx, "UPDATE directbank_sessions SET until_us = ? WHERE sid = ?", now.Add(sessionTerm).UnixMicro(), sid); err != nil {
			return customer{}, err
		}
	}
	return customerBy(ctx, tx, id)
}

func (f *face) settings(ctx context.Context, r *http.Request) (*wire.Success, error) {
	var raw []byte
	var head wire.Head
	err := f.DB.Write(ctx, func(tx *sql.Tx) error {
		c, err := f.session(ctx, tx, r)
		if err != nil {
			return err
		}
		if r.Header.Get("Inn") != c.org.INN || r.Header.Get("Bic") != BIC {
			return &fail{"1012", "Настройки не могут быть получены", "ИНН или БИК не ваши"}
		}
		if a := r.Header.Get("Account"); a != "" && a != c.account {
			return &fail{"1013", "Нет прав на счёт", a}
		}
		w, err := waysOf(ctx, tx)
		if err != nil {
			return err
		}
		version := wire.OldestVersion
		if most := r.Header.Get("AvailableAPIVersion"); slices.Contains(wire.Versions(), most) && !w.has(training.BankOld) {
			version = most
		}
		now, err := f.Calendar.Now(ctx, tx)
		if err != nil {
			return err
		}
		head = headOf(version, now)
		s := wire.Settings{Head: head, Sender: wire.Bank{BIC: BIC, Name: Name}, Recipient: party(c), Data: wire.Agreed{
			CustomerID: c.id, Address: baseOf(r), FormatVersion: version, Encoding: "UTF-8", Compress: w.has(training.BankZip),
			Logon: wire.LogonWays{Login: &wire.LoginWay{User: c.org.INN}}}}
		if w.has(training.BankCertificate) {
			s.Data.Logon = wire.LogonWays{Certificate: &wire.CertificateWay{Algorithm: "GOST 28147-89"}}
		}
		for _, k := range taken() {
			if k == wire.KindLetter && !atLeast(version, "2.3.1") {
				continue
			}
			d := wire.AllowedDocument{Kind: k}
			if rule := signRule(w, k); rule != "" {
				d.Signed = &wire.SignRules{Rule: rule}
			}
			s.Data.Documents = append(s.Data.Documents, d)
		}
		if atLeast(version, "2.3.1") {
			s.Data.Letters = &wire.LetterRules{Limit: lettersLimit, Types: letterTypes()}
		}
		raw, err = write(s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &wire.Success{GetSettings: &wire.SettingsResponse{Head: head, Data: wire.SettingsData{Kind: wire.KindSettings, Text: base64.StdEncoding.EncodeToString(raw)}}}, nil
}

// atLeast reports whether version a is b or later.
func atLeast(a, b string) bool {
	return slices.Index(wire.Versions(), a) >= slices.Index(wire.Versions(), b)
}

// taken lists the kinds that the bank takes.
func taken() []wire.Kind {
	return []wire.Kind{wire.KindStatusRequest, wire.KindRecall, wire.KindProbe, wire.KindOrder, wire.KindStatementRequest, wire.KindLetter}
}

// signRule says who must sign a kind.
func signRule(w ways, k wire.Kind) string {
	switch {
	case w.has(training.BankTwoSigners) && k == wire.KindOrder:
		return "(11)"
	case w.has(training.BankSigned) && k == wire.KindOrder:
		return "(1)"
	}
	return ""
}

// baseOf is the address under which the bank was reached.
func baseOf(r *http.Request) string {
	scheme := "https"
	if r.TLS == nil && !strings.HasSuffix(r.Host, ".invalid") {
		scheme = "http"
	}
	return scheme + "://" + r.Host + Base
}

func party(c customer) wire.Customer {
	return wire.Customer{ID: c.id, Name: c.org.ShortName, INN: c.org.INN, KPP: c.org.KPP}
}

func headOf(version string, now time.Time) wire.Head {
	return wire.Head{ID: uuid.NewString(), FormatVersion: version, CreationDate: stamp(now), UserAgent: "epgu sandbox"}
}

// stamp writes a moment as the bank's clock shows it.
func stamp(t time.Time) string { return t.In(clock.Moscow()).Format("2006-01-02T15:04:05") }

func (f *face) packList(ctx context.Context, r *http.Request) (*wire.Success, error) {
	var since int64
	if date := r.URL.Query().Get("date"); date != "" {
		t, err := time.ParseInLocation("02.01.2006 15:04:05", date, clock.Moscow())
		if err != nil {
			return nil, &fail{"2101", "Неверный формат метки времени", date}
		}
		since = t.UnixMicro()
	}
	out := &wire.PacketList{}
	for {
		var c customer
		waits := false
		err := f.DB.Write(ctx, func(tx *sql.Tx) (err error) {
			if c, err = f.session(ctx, tx, r); err != nil {
				return err
			}
			w, err := waysOf(ctx, tx)
			if err != nil {
				return err
			}
			if w.has(training.BankDateAlways) && r.URL.Query().Get("date") == "" {
				return &fail{"2101", "Не задана метка времени", ""}
			}
			*out = wire.PacketList{}
			now, err := f.Calendar.Now(ctx, tx)
			if err != nil {
				return err
			}
			if err := list(ctx, tx, c, since, now, w, out); err != nil {
				return err
			}
			waits, err = f.pending(ctx, tx, c)
			return err
		})
		if err != nil {
			return nil, err
		}
		// Whoever polls the embedded bank waits for it: idle time is skipped.
		skip, err := f.Calendar.SkipIdle(ctx)
		if err != nil {
			return nil, err
		}
		if !waits || !skip {
			break
		}
		moved, err := f.Calendar.SkipToNext(ctx, soon)
		if err != nil {
			return nil, err
		}
		if !moved {
			break
		}
	}
	return &wire.Success{PacketList: out}, nil
}

// list lists what was made for a customer since a moment, in the order in which it was
// made.
func list(ctx context.Context, tx *sql.Tx, c customer, since int64, now time.Time, w ways, out *wire.PacketList) error {
	query := "SELECT id, made_us FROM directbank_out WHERE customer = ? AND made_us BETWEEN ? AND ?"
	if w.has(training.BankUnreadOnly) {
		query += " AND taken = 0"
	}
	rows, err := tx.QueryContext(ctx, query+" ORDER BY made_us, serial", c.id, since, now.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		var id string
		if err := rows.Scan(&id, &last); err != nil {
			return err
		}
		out.IDs = append(out.IDs, id)
	}
	if last != 0 && !w.has(training.BankNoMark) {
		out.Mark = stamp(time.UnixMicro(last))
		if w.has(training.BankZones) {
			out.Mark += ".000Z"
		}
	}
	if w.has(training.BankOutOfOrder) {
		slices.Reverse(out.IDs)
	}
	return rows.Err()
}

// soon is how far ahead a poll of the embedded bank may move the calendar.
const soon = time.Hour

// pending reports whether something of a customer's will soon be done by itself.
func (f *face) pending(ctx context.Context, tx *sql.Tx, c customer) (bool, error) {
	now, err := f.Calendar.Now(ctx, tx)
	if err != nil {
		return false, err
	}
	var n int
	err = tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM directbank_packets WHERE due_us <= ?1 AND customer = ?2) +
		(SELECT count(*) FROM directbank_documents WHERE due_us <= ?1 AND customer = ?2)`, now.Add(soon).UnixMicro(), c.id).Scan(&n)
	return n > 0, err
}

func (f *face) pack(ctx context.Context, r *http.Request) (*wire.Success, error) {
	var raw []byte
	err := f.DB.Write(ctx, func(tx *sql.Tx) error {
		c, err := f.session(ctx, tx, r)
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, "SELECT packet FROM directbank_out WHERE id = ? AND customer = ?", r.URL.Query().Get("id"), c.id).Scan(&raw)
		if errors.Is(err, sql.ErrNoRows) {
			return &fail{wire.ErrPacketNotFound, "Транспортный контейнер не найден", ""}
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE directbank_out SET taken = 1 WHERE id = ? AND taken = 0", r.URL.Query().Get("id"))
		return err
	})
	if err != nil {
		return nil, err
	}
	var p wire.PacketRoot
	if err := read(raw, &p); err != nil {
		return nil, err
	}
	return &wire.Success{Packet: &p.Packet}, nil
}

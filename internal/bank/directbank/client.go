package directbank

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxPacket bounds an answer, bytes: the standard knows no limit.
const MaxPacket = 64 << 20

// unknownCustomer stands for the customer's id until the bank has told it.
const unknownCustomer = "0"

// Challenge is what a bank shows beside the input of a one-time code.
type Challenge struct{ Phone, Code untrusted.Text }

// Options configure a Client.
type Options struct {
	// Address is the bank's: the methods are path segments after it.
	Address string
	// Customer is the id that the bank has given; "" while it is not known.
	Customer string
	// Version is what was agreed; "" begins with the oldest.
	Version   string
	Transport *transport.Client
	Clock     clock.Clock
	UserAgent string
	// Login gives the login and its password; nil when there is a certificate instead.
	Login func(ctx context.Context) (user, password string, err error)
	// OTP gives the one-time code that the bank has sent; nil when nobody can.
	OTP func(ctx context.Context, c Challenge) (string, error)
	// Certificate gives the one that signs in instead of a password once the customer's
	// id is known; nil when there is none. Decrypt opens the PKCS#7 EnvelopedData (DER)
	// that the bank makes for it.
	Certificate func(ctx context.Context) (*cert.Certificate, error)
	Decrypt     func(ctx context.Context, enveloped []byte) ([]byte, error)
	// Session is kept from one process to the next; nil keeps none.
	Session SessionKeeper
}

// SessionKeeper keeps a session's id while it may still live.
type SessionKeeper interface {
	Load(ctx context.Context) (sid string, err error) // "" for none
	Save(ctx context.Context, sid string) error
}

// Client talks to one bank for one customer. It is safe for concurrent use; sessions
// are begun one at a time.
type Client struct {
	o    Options
	base string

	mu     sync.Mutex
	sid    string
	looked bool // whether o.Session was asked
}

// New returns a client. Nothing is sent.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(exitcode.Usage, "directbank.address", i18n.Text{RU: "адрес банка «%s» не годится: нужен вид https://имя/путь", EN: "the bank's address %q cannot be used: it must look like https://name/path"}.With(untrusted.Text(o.Address)))
	}
	if o.Version == "" {
		o.Version = wire.OldestVersion
	}
	if err := CheckVersion(o.Version); err != nil {
		return nil, err
	}
	if o.Customer == "" {
		o.Customer = unknownCustomer
	}
	return &Client{o: o, base: strings.TrimRight(o.Address, "/")}, nil
}

// CheckVersion refuses a version whose messages this program does not write.
func CheckVersion(v string) error {
	if slices.Contains(wire.Versions(), v) {
		return nil
	}
	return fault.New(exitcode.Refused, "directbank.version", i18n.Text{RU: "банк предлагает DirectBank %s, а программа знает %s–%s", EN: "the bank offers DirectBank %s, and the program knows %s to %s"}.
		With(untrusted.Text(v), wire.OldestVersion, wire.NewestVersion)).
		Advise(i18n.Say("попросите у банка настройки одной из этих версий", "ask the bank for settings of one of these versions"))
}

// AtLeast reports whether version a is b or later.
func AtLeast(a, b string) bool {
	return slices.Index(wire.Versions(), a) >= slices.Index(wire.Versions(), b)
}

// method is one method of the standard.
type method struct {
	name   string
	verb   string
	query  string
	header http.Header
	body   []byte
	basic  *transport.Basic
	once   bool // it must not happen twice
	secret []string
}

// call sends one request and returns what the bank says. It judges every answer: only
// a whole ResultBank is the bank's word, with any status; the rest is an error of the
// transport, which knows whether the request may have been carried out.
func (c *Client) call(ctx context.Context, m *method) (*wire.Success, error) {
	h := m.header
	if h == nil {
		h = http.Header{}
	}
	// Spelled as the standard spells them: a naive bank compares letter by letter.
	h["CustomerID"], h["APIVersion"] = []string{c.o.Customer}, []string{c.o.Version}
	h.Set("Accept", "application/xml")
	call := &transport.Call{Method: m.verb, Base: c.base, Path: "/" + m.name, RawQuery: m.query, Header: h, Auth: transport.AuthNone, Basic: m.basic,
		MaxBody: MaxPacket, Secrets: append(m.secret, h.Get("OTP"))}
	for _, name := range []string{"SID", "OTP"} {
		if v := h[name]; len(v) > 0 {
			call.Secrets = append(call.Secrets, v...)
		}
	}
	if m.verb == http.MethodPost {
		call.Body = transport.Bytes(wire.MediaType, append([]byte{}, m.body...))
	}
	if !m.once {
		call.Policy = transport.Safe
	}
	call.Judge = func(e *transport.Error) transport.Proof {
		r, err := result(e.Body)
		switch {
		case err != nil || r.Error == nil:
			return transport.Unproven
		case proofOf(strings.TrimSpace(r.Error.Code)) == NotTaken:
			return transport.ProvesRefused
		}
		return transport.OwnWords
	}
	resp, err := c.o.Transport.Do(ctx, call)
	if err != nil {
		return nil, said(err)
	}
	r, err := result(resp.Body)
	if err != nil {
		return nil, c.o.Transport.Strange(call, resp, err)
	}
	if r.Error != nil {
		return nil, ErrorOf(r.Error)
	}
	return r.Success, nil
}

// said takes the bank's own word out of an answer whose status says no.
func said(err error) error {
	e := transport.AsError(err)
	if e == nil || e.Kind != transport.Status {
		return err
	}
	if r, bad := result(e.Body); bad == nil && r.Error != nil {
		return ErrorOf(r.Error)
	}
	if e.Status == http.StatusUpgradeRequired {
		return fault.New(exitcode.Refused, "directbank.version", i18n.Text{RU: "банк не поддерживает эту версию DirectBank: %s", EN: "the bank does not support this version of DirectBank: %s"}.With(untrusted.Text(head(e.Body)))).
			Advise(i18n.Say("получите настройки у банка заново: epgu bank add ИМЯ --settings ФАЙЛ", "get the settings from the bank anew: epgu bank add NAME --settings FILE")).Because(err)
	}
	return err
}

func head(b []byte) string {
	const most = 200
	return strings.ToValidUTF8(string(b[:min(len(b), most)]), "")
}

// result reads a whole ResultBank: exactly one root element, with either a success or
// an error in it.
func result(body []byte) (*wire.ResultBank, error) {
	var r wire.ResultBank
	if err := decode(body, &r); err != nil {
		return nil, err
	}
	if (r.Success == nil) == (r.Error == nil) || r.Error != nil && strings.TrimSpace(r.Error.Code) == "" {
		return nil, errors.New("the answer is neither a success nor an error")
	}
	return &r, nil
}

// decode reads one XML document, with or without a BOM, to its end.
func decode(body []byte, out any) error {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte(wire.BOM))))
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("read XML: %w", err)
	}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read XML: %w", err)
		}
		switch t := t.(type) {
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errors.New("read XML: text after the document")
			}
		case xml.Comment, xml.ProcInst:
		default:
			return errors.New("read XML: a second document follows")
		}
	}
}

// session makes a call of a session, beginning one when there is none. A session that
// has ended is begun anew once and the same bytes are sent again: the bank says by
// these codes that it did not look at them.
func (c *Client) session(ctx context.Context, m method) (*wire.Success, error) {
	ended := ""
	for {
		sid, err := c.begin(ctx, ended)
		if err != nil {
			return nil, &unsent{err}
		}
		again := m
		again.header = http.Header{}
		for k, v := range m.header {
			again.header[k] = v
		}
		again.header["SID"] = []string{sid}
		out, err := c.call(ctx, &again)
		b := AsBankError(err)
		if b == nil || b.Code != wire.ErrSessionEnded && b.Code != wire.ErrSessionUnknown || ended != "" {
			return out, err
		}
		ended = sid
	}
}

// begin returns the session's id; ended is one that is over.
func (c *Client) begin(ctx context.Context, ended string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sid != "" && c.sid != ended {
		return c.sid, nil
	}
	if !c.looked && c.o.Session != nil && ended == "" {
		c.looked = true
		sid, err := c.o.Session.Load(ctx)
		if err != nil {
			return "", err
		}
		if c.sid = sid; sid != "" {
			return sid, nil
		}
	}
	sid, err := c.logon(ctx)
	if err != nil {
		return "", err
	}
	c.sid = sid
	if c.o.Session != nil {
		if err := c.o.Session.Save(ctx, sid); err != nil {
			return "", err
		}
	}
	return sid, nil
}

// SignIn begins a session, or finds that there is one.
func (c *Client) SignIn(ctx context.Context) error {
	_, err := c.begin(ctx, "")
	return err
}

// logon signs in: by the certificate when there is one and the customer's id is
// known, else by password, and by a one-time code when the bank asks for it.
func (c *Client) logon(ctx context.Context) (string, error) {
	if c.o.Certificate != nil && c.o.Customer != unknownCustomer {
		return c.logonCert(ctx)
	}
	if c.o.Login == nil {
		return "", fault.New(exitcode.Usage, "directbank.no_login", i18n.Say("у банка не задан ни логин, ни сертификат для входа", "the bank has neither a login nor a certificate to sign in with")).
			Advise(i18n.Say("задайте: epgu bank add ИМЯ --login ЛОГИН", "set one: epgu bank add NAME --login LOGIN"))
	}
	user, password, err := c.o.Login(ctx)
	if err != nil {
		return "", err
	}
	h := http.Header{"AvailableAPIVersion": []string{wire.NewestVersion}}
	ok, err := c.call(ctx, &method{name: "Logon", verb: http.MethodPost, header: h, basic: &transport.Basic{User: user, Password: password}, secret: []string{password}})
	if err != nil {
		return "", err
	}
	if ok.Logon == nil || ok.Logon.SID == "" {
		return "", strange("LogonResponse")
	}
	if ok.Logon.Extra == nil {
		return goodSID(ok.Logon.SID)
	}
	if c.o.OTP == nil {
		return "", fault.New(exitcode.Auth, "directbank.otp_needed", i18n.Say("банк просит одноразовый код, а спросить некого", "the bank asks for a one-time code, and there is nobody to ask")).
			Advise(i18n.Say("запустите команду в терминале или задайте --otp-command", "run the command at a terminal, or give --otp-command"))
	}
	code, err := c.o.OTP(ctx, Challenge{Phone: untrusted.Text(ok.Logon.Extra.OTP.Phone), Code: untrusted.Text(ok.Logon.Extra.OTP.Code)})
	if err != nil {
		return "", err
	}
	code = strings.TrimSpace(code)
	if len(code) < 4 || len(code) > 10 || strings.Trim(code, "0123456789") != "" {
		return "", fault.New(exitcode.Usage, "directbank.otp", i18n.Say("одноразовый код состоит из цифр, обычно шести или семи", "a one-time code is digits, six or seven as a rule"))
	}
	if _, err := goodSID(ok.Logon.SID); err != nil {
		return "", err
	}
	h = http.Header{"SID": []string{ok.Logon.SID}, "OTP": []string{code}}
	ok, err = c.call(ctx, &method{name: "LogonOTP", verb: http.MethodPost, header: h})
	if err != nil {
		return "", err
	}
	if ok.Logon == nil || ok.Logon.SID == "" {
		return "", strange("LogonResponse")
	}
	return goodSID(ok.Logon.SID)
}

// logonCert signs in by a certificate: the bank envelopes the session's id for it.
func (c *Client) logonCert(ctx context.Context) (string, error) {
	mine, err := c.o.Certificate(ctx)
	if err != nil {
		return "", err
	}
	issuer, serial := NameOf(mine)
	body, err := encode(wire.X509Data{Head: c.head(uuid.NewString()), Issuer: issuer, Serial: serial, Certificate: base64.StdEncoding.EncodeToString(mine.Raw)})
	if err != nil {
		return "", err
	}
	h := http.Header{"AvailableAPIVersion": []string{wire.NewestVersion}}
	ok, err := c.call(ctx, &method{name: "LogonCert", verb: http.MethodPost, header: h, body: body})
	if err != nil {
		return "", err
	}
	if ok.LogonCert == nil {
		return "", strange("LogonCertResponse")
	}
	der, err := unbase64(ok.LogonCert.EncryptedSID)
	if err != nil {
		return "", strange("EncryptedSID")
	}
	plain, err := c.o.Decrypt(ctx, der)
	if err != nil {
		return "", err
	}
	return goodSID(strings.TrimSpace(strings.TrimPrefix(string(plain), wire.BOM)))
}

// goodSID refuses a session's id that cannot be a header.
func goodSID(sid string) (string, error) {
	if sid == "" || len(sid) > 1024 || strings.ContainsFunc(sid, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", strange("SID")
	}
	return sid, nil
}

// strange is an answer that is the bank's and not the one that belongs to the method.
func strange(want string) error {
	return fault.New(exitcode.Unavailable, "directbank.strange", i18n.Text{RU: "в ответе банка нет или не годится %s", EN: "the bank's answer lacks %s, or it cannot be used"}.With(want)).
		Advise(i18n.Say("передайте в банк вывод этой команды с --debug", "give the bank what this command shows with --debug"))
}

// Settings asks for the exchange settings of the customer with this ИНН at the bank
// with this БИК; account narrows them and may be "". It returns the document too.
func (c *Client) Settings(ctx context.Context, inn, bic, account string) (*wire.Settings, []byte, error) {
	h := http.Header{"Inn": []string{inn}, "Bic": []string{bic}, "AvailableAPIVersion": []string{wire.NewestVersion}}
	if account != "" {
		h["Account"] = []string{account}
	}
	ok, err := c.session(ctx, method{name: "GetSettings", verb: http.MethodPost, header: h})
	if err != nil {
		return nil, nil, err
	}
	if ok.GetSettings == nil {
		return nil, nil, strange("GetSettingsResponse")
	}
	raw, err := unbase64(ok.GetSettings.Data.Text)
	if err != nil {
		return nil, nil, strange("GetSettingsResponse/Data")
	}
	s, err := ParseSettings(raw)
	return s, raw, err
}

// SendPack sends a packet, once, and returns the bank's id of it. What an error proves
// about the packet says FateOf.
func (c *Client) SendPack(ctx context.Context, packet []byte) (string, error) {
	ok, err := c.session(ctx, method{name: "SendPack", verb: http.MethodPost, body: packet, once: true})
	if err != nil {
		return "", err
	}
	if ok.SendPacket == nil || strings.TrimSpace(ok.SendPacket.ID) == "" {
		return "", strange("SendPacketResponse")
	}
	return strings.TrimSpace(ok.SendPacket.ID), nil
}

// PacketList lists what the bank has made since mark (02.01.2006 15:04:05 by the
// bank's clock); "" lists everything.
func (c *Client) PacketList(ctx context.Context, mark string) (*wire.PacketList, error) {
	query := ""
	if mark != "" {
		query = "date=" + escape(mark)
	}
	ok, err := c.session(ctx, method{name: "GetPackList", verb: http.MethodGet, query: query})
	if err != nil {
		return nil, err
	}
	if ok.PacketList == nil {
		return nil, strange("GetPacketListResponse")
	}
	return ok.PacketList, nil
}

// Packet fetches a packet.
func (c *Client) Packet(ctx context.Context, id string) (*wire.Packet, error) {
	ok, err := c.session(ctx, method{name: "GetPack", verb: http.MethodGet, query: "id=" + escape(id)})
	if err != nil {
		return nil, err
	}
	if ok.Packet == nil {
		return nil, strange("GetPacketResponse")
	}
	return ok.Packet, nil
}

// escape spells a value of a query with %20 for a space, as the standard's example
// does: a plus sign is a plus sign for some banks.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// head is what a document says of itself.
func (c *Client) head(id string) wire.Head {
	return wire.Head{ID: id, FormatVersion: c.o.Version, CreationDate: c.o.Clock.Now().In(clock.Moscow()).Format(stampLayout), UserAgent: c.o.UserAgent}
}

// stampLayout is how the standard's programs write a moment: by their own clock.
const stampLayout = "2006-01-02T15:04:05"

// MarkLayout is how a mark of PacketList is spelled.
const MarkLayout = "02.01.2006 15:04:05"

// Since returns the mark from which to list next: TimeStampLastPacket as it came, less
// an overlap, for two packets may be made within a second and a boundary may or may
// not count. ok is false for a mark that cannot be read.
func Since(stamp string, overlap time.Duration) (mark string, ok bool) {
	if len(stamp) < len(stampLayout) {
		return "", false
	}
	// Digits only: a zone or a fraction that a bank adds means nothing.
	t, err := time.Parse(stampLayout, stamp[:len(stampLayout)])
	if err != nil {
		return "", false
	}
	return t.Add(-overlap).Format(MarkLayout), true
}

func unbase64(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, s))
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(2 << 10)
	b.WriteString(wire.BOM + xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		return nil, fmt.Errorf("write XML: %w", err)
	}
	return b.Bytes(), nil
}

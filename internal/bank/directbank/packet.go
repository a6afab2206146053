package directbank

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxDocument bounds what a zipped document may become, bytes.
const maxDocument = 256 << 20

// Sealed is a document in its envelope with the bytes that were signed.
type Sealed struct {
	wire.Document
	Bytes []byte // with their BOM, before zipping
}

// Seal writes a document and signs its bytes, one signature for each signer.
func (c *Client) Seal(ctx context.Context, kind wire.Kind, id string, doc any, compress bool, signers []gost.Signer) (*Sealed, error) {
	raw, err := encode(doc)
	if err != nil {
		return nil, err
	}
	out := &Sealed{Bytes: raw, Document: wire.Document{ID: id, Kind: kind, FormatVersion: c.o.Version}}
	for _, s := range signers {
		one, err := c.sign(ctx, raw, s)
		if err != nil {
			return nil, err
		}
		out.Signatures = append(out.Signatures, one)
	}
	if compress {
		if raw, err = deflate(id+".xml", raw); err != nil {
			return nil, err
		}
		out.Compressed = true
	}
	out.Data.Text = base64.StdEncoding.EncodeToString(raw)
	return out, nil
}

// sign signs the bytes and holds the signature against them: one that does not hold
// is not sent.
func (c *Client) sign(ctx context.Context, raw []byte, s gost.Signer) (wire.Signature, error) {
	der, err := s.SignDetached(ctx, bytes.NewReader(raw), c.o.Clock.Now())
	if err != nil {
		return wire.Signature{}, gost.Explain(err)
	}
	bad := func(cause error) error {
		return fault.New(exitcode.Failure, "directbank.signature", i18n.Say("подпись, которую сделал ключ или программа, не сходится с документом; ничего не отправлено",
			"the signature that the key or the program made does not fit the document; nothing was sent")).Because(cause)
	}
	r, err := cms.VerifyDetached(ctx, der, bytes.NewReader(raw), &cms.VerifyOptions{Chain: cert.ChainOptions{Time: c.o.Clock.Now()}})
	if err != nil {
		return wire.Signature{}, bad(err)
	}
	if len(r.Signatures) != 1 || r.Signatures[0].Certificate == nil {
		return wire.Signature{}, bad(fmt.Errorf("%d signers, one with its certificate is needed", len(r.Signatures)))
	}
	for _, why := range r.Signatures[0].Reasons {
		// Whether the certificate is good is for the bank to say; its roots are not known here.
		if why.Status == verdict.Invalid && strings.HasPrefix(why.Code, "cms.") {
			return wire.Signature{}, bad(errors.New(why.Code))
		}
	}
	out := wire.Signature{SignedData: base64.StdEncoding.EncodeToString(der)}
	out.Issuer, out.Serial = NameOf(r.Signatures[0].Certificate)
	return out, nil
}

// NameOf names a certificate as DirectBank does: the common name of its issuer, and
// the serial number in hex with an even number of digits.
func NameOf(c *cert.Certificate) (issuer, serial string) {
	return c.Issuer.CommonName.Raw(), hexOf(c.X509.SerialNumber)
}

func hexOf(n *big.Int) string {
	s := fmt.Sprintf("%X", n)
	if len(s)%2 == 1 {
		s = "0" + s
	}
	return s
}

// Pack puts sealed documents into a packet and returns its bytes as they go out.
func (c *Client) Pack(id string, from wire.Customer, to wire.Bank, docs []*Sealed) ([]byte, error) {
	shell, err := encode(wire.PacketRoot{Packet: wire.Packet{Head: c.head(id), Sender: wire.Party{Customer: &from}, Recipient: wire.Party{Bank: &to}}})
	if err != nil {
		return nil, err
	}
	head, tail, ok := bytes.Cut(shell, []byte("</Packet>"))
	if !ok || len(tail) > 0 {
		return nil, errors.New("the end of a packet is not where it belongs")
	}
	// Base64 needs no escaping: a thousand documents are copied once.
	size := len(shell)
	for _, d := range docs {
		size += len(d.Data.Text) + aroundDocument
		for _, s := range d.Signatures {
			size += len(s.SignedData) + aroundDocument
		}
	}
	out := append(make([]byte, 0, size), head...)
	var one bytes.Buffer
	for _, d := range docs {
		empty := d.Document
		empty.Data.Text = ""
		one.Reset()
		if err := xml.NewEncoder(&one).EncodeElement(empty, xml.StartElement{Name: xml.Name{Local: "Document"}}); err != nil {
			return nil, fmt.Errorf("write XML: %w", err)
		}
		before, after, ok := bytes.Cut(one.Bytes(), []byte("</Data>"))
		if !ok {
			return nil, errors.New("a document has no data")
		}
		out = append(append(append(out, before...), d.Data.Text...), "</Data>"...)
		out = append(out, after...)
	}
	return append(out, "</Packet>"...), nil
}

// aroundDocument is about what stands around the data of a document in a packet, bytes.
const aroundDocument = 256

// Head is what a document of the agreed version, made now, says of itself.
func (c *Client) Head(id string) wire.Head { return c.head(id) }

// Version is what was agreed.
func (c *Client) Version() string { return c.o.Version }

// Open returns the bytes of a received document: base64 undone, unzipped. An
// encrypted one is refused: the standard does not say how it would be.
func Open(d *wire.Document) ([]byte, error) {
	if d.Encrypted {
		return nil, fault.New(exitcode.Refused, "directbank.encrypted", i18n.Say(
			"банк прислал зашифрованный документ: стандарт не описывает, как его расшифровать, это умеет только модуль банка", "the bank sent an encrypted document: the standard does not say how to open it, only the bank's own module can")).
			Advise(i18n.Say("попросите банк отключить шифрование документов: соединение и так защищено TLS", "ask the bank to switch off the encryption of documents: TLS protects the connection anyway"))
	}
	raw, err := unbase64(d.Data.Text)
	if err != nil {
		return nil, broken(d, err)
	}
	if !d.Compressed {
		return raw, nil
	}
	if raw, err = inflate(raw); err != nil {
		return nil, broken(d, err)
	}
	return raw, nil
}

func broken(d *wire.Document, err error) error {
	return fault.New(exitcode.Failure, "directbank.document", i18n.Text{RU: "документ %s от банка не читается", EN: "the bank's document %s cannot be read"}.With(untrusted.Text(d.ID))).Because(err)
}

// Decode reads a document of a known kind into out.
func Decode(raw []byte, out any) error { return decode(raw, out) }

func deflate(name string, raw []byte) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func inflate(raw []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	if len(z.File) != 1 {
		return nil, fmt.Errorf("the archive holds %d files instead of one", len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err == nil && len(out) > maxDocument {
		err = errors.New("the unpacked document is too large")
	}
	return out, err
}

// ParseSettings reads the settings document of a bank and refuses one that this
// program cannot obey, saying why.
func ParseSettings(raw []byte) (*wire.Settings, error) {
	var s wire.Settings
	if err := decode(raw, &s); err != nil {
		return nil, fault.New(exitcode.Usage, "directbank.settings", i18n.Text{RU: "это не настройки DirectBank %s–%s", EN: "these are no settings of DirectBank %s to %s"}.With(wire.OldestVersion, wire.NewestVersion)).Because(err).
			Advise(i18n.Say("возьмите в интернет-банке файл настроек прямого обмена (ExchangeSettings)", "take the settings file of the direct exchange from the bank's web office (ExchangeSettings)"))
	}
	d := &s.Data
	if err := CheckVersion(strings.TrimSpace(d.FormatVersion)); err != nil {
		return nil, err
	}
	if d.Crypto != nil && d.Crypto.AddinURL != "" {
		return nil, fault.New(exitcode.Refused, "directbank.addin", i18n.Text{RU: "банк работает только через собственный модуль для 1С (%s)", EN: "the bank works only through a module of its own for 1C (%s)"}.With(untrusted.Text(d.Crypto.AddinURL))).
			Advise(i18n.Say("платите файлом: --via bank-file", "pay by a file: --via bank-file"))
	}
	var fields []fault.Field
	need := func(name, v string) {
		if strings.TrimSpace(v) == "" {
			fields = append(fields, fault.Field{Name: name, Message: i18n.Say("не заполнено", "it is not filled in")})
		}
	}
	need("CustomerID", d.CustomerID)
	need("BankServerAddress", d.Address)
	need("Sender/@bic", s.Sender.BIC)
	if d.Encoding != "" && !strings.EqualFold(d.Encoding, "UTF-8") {
		fields = append(fields, fault.Field{Name: "Encoding", Message: i18n.Say("только UTF-8", "only UTF-8")})
	}
	if d.Logon.Login == nil && d.Logon.Certificate == nil {
		need("Logon", "")
	}
	for i := range d.Documents {
		if a := &d.Documents[i]; a.Signed != nil {
			if _, err := ParseRule(a.Signed.Rule); err != nil {
				fields = append(fields, fault.Field{Name: "Document[" + string(a.Kind) + "]/RuleSignatures", Message: i18n.Say(err.Error(), err.Error())})
			}
		}
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "directbank.settings", i18n.Say("настройки банка неполны или неверны", "the bank's settings are incomplete or wrong"))
		e.Fields = fields
		return nil, e
	}
	return &s, nil
}

// Rule says which groups of signers may sign together: any one of the sets.
type Rule [][]int

// ParseRule reads a cipher of signatures: "(110)||(111)" is groups 1 and 2, or 1, 2
// and 3. Without a digit 1 nobody signs; an empty cipher is one without signatures.
func ParseRule(s string) (Rule, error) {
	if s = strings.Join(strings.Fields(s), ""); s == "" {
		return Rule{nil}, nil
	}
	var out Rule
	for part := range strings.SplitSeq(s, "||") {
		digits := strings.TrimSuffix(strings.TrimPrefix(part, "("), ")")
		if len(digits)+2 != len(part) || digits == "" || len(digits) > 32 || strings.Trim(digits, "01") != "" {
			return nil, fmt.Errorf("a rule of signatures looks like (110)||(111), not %q", untrusted.Clean(s))
		}
		var groups []int
		for i, d := range digits {
			if d == '1' {
				groups = append(groups, i+1)
			}
		}
		out = append(out, groups)
	}
	return out, nil
}

// String writes the rule as a cipher.
func (r Rule) String() string {
	parts := make([]string, len(r))
	for i, groups := range r {
		most := 1
		for _, g := range groups {
			most = max(most, g)
		}
		digits := []byte(strings.Repeat("0", most))
		for _, g := range groups {
			digits[g-1] = '1'
		}
		parts[i] = "(" + string(digits) + ")"
	}
	return strings.Join(parts, "||")
}

// Choose returns the first set of groups of which every one can sign, or false.
func (r Rule) Choose(can func(group int) bool) ([]int, bool) {
	for _, groups := range r {
		all := true
		for _, g := range groups {
			all = all && can(g)
		}
		if all {
			return groups, true
		}
	}
	return nil, false
}

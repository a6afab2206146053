// Package cabinet holds the wire types of the cabinet API, our own documented
// API for everything that has no public contract. The contract is
// docs/api/cabinet.openapi.yaml; both the client (portal/cabinet) and the
// embedded portal (sandbox/cabinet) import these types and are tested against
// that file. Types only: no logic lives here.
//
// Conventions: money in integer kopecks (…Kopecks), times RFC 3339 with zone,
// ids UUIDv7 unless said otherwise, texts already in the language asked for
// by Accept-Language, lists as Page with cursor paging, errors as Problem
// (RFC 9457), Idempotency-Key on every POST that creates.
package cabinet

import (
	"encoding/json"
	"time"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Base is the path under which every cabinet endpoint lives.
const Base = "/api/cabinet/v1"

// WellKnown is the path of the capabilities document.
const WellKnown = "/.well-known/epgu"

// Text is text from the portal; it is shown only through its String method.
type Text = untrusted.Text

// Capability names one ability of a portal; a command that needs a missing one
// fails with exit code 4 and says which portal offers it.
type Capability string

// The capabilities that a portal may state.
const (
	CapSignIn       Capability = "sign-in.terminal" // POST /sign-ins
	CapCatalog      Capability = "catalog"          // /services
	CapDrafts       Capability = "drafts"           // /drafts
	CapApplications Capability = "applications"     // API ЕПГУ ("gusmev")
	CapCorrections  Capability = "corrections"      // mend and resend under the same number
	CapCharges      Capability = "charges"          // /charges
	CapPayments     Capability = "payments"         // /payments
	CapProfile      Capability = "profile"          // /me
	CapTraining     Capability = "training"         // the embedded portal's own controls
)

// Capabilities is the document at WellKnown. No sign-in is needed.
type Capabilities struct {
	Portal       Text              `json:"portal"`       // a name for people
	Kind         string            `json:"kind"`         // "sandbox" or "portal"
	Version      string            `json:"version"`      // version of the portal's software
	APIs         map[string]string `json:"apis"`         // "esia" → "v2", "gusmev" → "1.13", "cabinet" → "1.0"
	Capabilities []Capability      `json:"capabilities"` // what it offers
	Time         time.Time         `json:"time"`         // the portal's calendar
	MaxFileBytes int64             `json:"maxFileBytes"` // largest attachment, bytes
	Limits       *Limits           `json:"limits,omitempty"`
	ESIA         *ESIA             `json:"esia,omitempty"` // how to sign in here
	// DocumentRootPEM is the certificate that signatures of the portal's documents
	// and of results lead to (training portals only).
	DocumentRootPEM string `json:"documentRootPem,omitempty"`
}

// Limits are what the portal allows one client; zero does not limit.
type Limits struct {
	RequestsPerMinute int `json:"requestsPerMinute,omitempty"` // of the cabinet API; beyond them it answers 429
}

// ESIA says how a client signs in at this portal.
type ESIA struct {
	Issuer         string   `json:"issuer"`         // expected "iss" of markers
	CertificatePEM string   `json:"certificatePem"` // marker-signing certificate (training portals only)
	Scopes         []string `json:"scopes"`         // scopes that the portal's services need
}

// Problem is an error answer, application/problem+json (RFC 9457).
type Problem struct {
	Type      string `json:"type,omitempty"` // "about:blank" or a link to the documentation
	Title     Text   `json:"title"`
	Status    int    `json:"status"`
	Detail    Text   `json:"detail,omitempty"`
	Code      string `json:"code"` // stable, dotted: "charge.not_found"
	Hint      Text   `json:"hint,omitempty"`
	RequestID string `json:"requestId,omitempty"` // X-Request-Id of the request that this answers
	// Subject is what that request was about, as it said itself: the id in the
	// second segment of its path, or for a request that makes a thing its
	// Idempotency-Key.
	Subject string       `json:"subject,omitempty"`
	Fields  []FieldError `json:"fields,omitempty"`
	// RetryAfterMS is how long to wait before repeating, milliseconds; 0 when
	// repeating makes no sense.
	RetryAfterMS int64 `json:"retryAfterMs,omitempty"`
	// Ref names the existing thing that a conflict is about (a payment id).
	Ref string `json:"ref,omitempty"`
}

// FieldError is one field at fault.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message Text   `json:"message"`
}

// Page is one page of a list.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"` // empty on the last page
	Total      int    `json:"total"`
}

// ---- sign-in in the terminal -------------------------------------------

// SignInRequest begins a sign-in without a browser: POST /sign-ins. It stands
// for the portal's sign-in page, so it carries the same signed authorisation
// request that a browser would bring to /aas/oauth2/v2/ac, and ends with the
// same authorisation code.
type SignInRequest struct {
	Authorization AuthorizationRequest `json:"authorization"`
	Login         string               `json:"login"`            // phone, e-mail, СНИЛС or ИНН
	Password      string               `json:"password"`         // never logged
	OrgOID        string               `json:"orgOid,omitempty"` // act for this organisation
}

// AuthorizationRequest is the query of /aas/oauth2/v2/ac as JSON; see
// wire/esia for the meaning of each parameter.
type AuthorizationRequest struct {
	ClientID              string `json:"clientId"`
	ClientSecret          string `json:"clientSecret"`
	ClientCertificateHash string `json:"clientCertificateHash"`
	RedirectURI           string `json:"redirectUri"`
	Scope                 string `json:"scope"`
	ScopeOrg              string `json:"scopeOrg,omitempty"`
	State                 string `json:"state"`
	Timestamp             string `json:"timestamp"`
	AccessType            string `json:"accessType"`
	Permissions           string `json:"permissions,omitempty"`
	PersonFilter          string `json:"personFilter,omitempty"`
	Protocol              string `json:"protocol,omitempty"` // ProtocolV1, else the current one
}

// ProtocolV1 is the first version of ЕСИА's protocol: a CMS over scope,
// timestamp, client_id and state, without a certificate hash.
const ProtocolV1 = "v1"

// CapCertificateSignIn is signing in by a certificate that is bound to the
// account: POST /certificate-sign-ins.
const CapCertificateSignIn Capability = "sign-in.certificate"

// CertificateSignInRequest begins a sign-in without a password: the answer
// holds a Factor of kind FactorCertificate with the challenge to be signed.
type CertificateSignInRequest struct {
	Authorization AuthorizationRequest `json:"authorization"`
	OrgOID        string               `json:"orgOid,omitempty"`
}

// FactorCertificate is the kind of a signature by a bound certificate.
const FactorCertificate = "certificate"

// SignIn is the state of a sign-in: POST /sign-ins, POST /certificate-sign-ins
// and POST /sign-ins/{id}/factor answer with it.
type SignIn struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`               // "factor" (a second factor is needed) or "done"
	Factors   []Factor  `json:"factors,omitempty"`   // the ways to prove oneself, best first
	Code      string    `json:"code,omitempty"`      // the authorisation code, when done
	AuthState string    `json:"authState,omitempty"` // the state of the authorisation request, echoed when done
	ExpiresAt time.Time `json:"expiresAt"`
	Push      *Push     `json:"push,omitempty"` // the push that is awaited
}

// Factor is one way to confirm a sign-in.
type Factor struct {
	Kind   string `json:"kind"`             // "totp", "sms", "email", "push", "recovery"
	Target Text   `json:"target,omitempty"` // where the code went, masked: "+7 *** ***-12-34"
	Page   string `json:"page,omitempty"`   // path of a page of the portal where it can be confirmed instead

	// Challenge is the text that a certificate signs (FactorCertificate).
	Challenge string `json:"challenge,omitempty"`
}

// FactorAnswer confirms a sign-in: POST /sign-ins/{id}/factor. An empty Code
// with Kind "sms", "email" or "push" asks for a new code or request to be sent;
// the Code of a push is the number that it shows, and the answer tells whether
// it was decided (Prefer: wait holds it until then).
type FactorAnswer struct {
	Kind string `json:"kind"`
	Code string `json:"code"`
	// Signature is base64 of a detached CMS (DER) over Factor.Challenge, with the
	// certificate inside (FactorCertificate).
	Signature string `json:"signature,omitempty"`
}

// Me is the person behind the marker: GET /me.
type Me struct {
	OID        string `json:"oid"`
	LastName   Text   `json:"lastName"`
	FirstName  Text   `json:"firstName"`
	MiddleName Text   `json:"middleName,omitempty"`
	BirthDate  string `json:"birthDate,omitempty"` // yyyy-mm-dd
	SNILS      string `json:"snils,omitempty"`
	INN        string `json:"inn,omitempty"`
	Email      Text   `json:"email,omitempty"`
	Mobile     Text   `json:"mobile,omitempty"`
	Level      Level  `json:"level"`
	Role       Role   `json:"role"` // the role in which this marker acts
}

// Level is the level of an account, in ascending order.
type Level string

// The levels of an account (A3).
const (
	LevelSimplified Level = "simplified"
	LevelStandard   Level = "standard"
	LevelConfirmed  Level = "confirmed"
)

// Role is in whose name somebody acts.
type Role struct {
	Kind   string `json:"kind"`             // "person" or "organisation"
	OrgOID string `json:"orgOid,omitempty"` // of the organisation
	Name   Text   `json:"name,omitempty"`
	INN    string `json:"inn,omitempty"`
	KPP    string `json:"kpp,omitempty"`
	Chief  bool   `json:"chief,omitempty"`
}

// ---- catalogue ------------------------------------------------------------

// Service is a service as a list shows it: GET /services?query=&topic=&department=&limit=&cursor=.
type Service struct {
	Code       string `json:"code"` // serviceCode of API ЕПГУ
	Slug       string `json:"slug"` // a short name accepted wherever a code is: "zagranpasport"
	Title      Text   `json:"title"`
	Summary    Text   `json:"summary"`
	Department Text   `json:"department"`
	Topic      Text   `json:"topic"`
	Level      Level  `json:"level"` // least level of account
	ForOrgs    bool   `json:"forOrgs"`
	FeeKopecks int64  `json:"feeKopecks"` // usual fee; 0 when free
	TermDays   int    `json:"termDays"`   // longest time to a decision, calendar days
	Obsolete   bool   `json:"obsolete,omitempty"`
	// Situations are the life situations that the service belongs to.
	Situations []Text   `json:"situations,omitempty"`
	Persons    []string `json:"persons,omitempty"`    // who may ask: "person", "entrepreneur", "organisation", "foreigner"
	State      string   `json:"state,omitempty"`      // "active", "seasonal", "obsolete"
	Season     string   `json:"season,omitempty"`     // of a seasonal one, "06-01 / 10-01": first and last day
	Successor  string   `json:"successor,omitempty"`  // code of what stands for an obsolete one
	Regions    []string `json:"regions,omitempty"`    // codes of the subjects where it is rendered; absent is everywhere
	Online     bool     `json:"online,omitempty"`     // an application can be sent through the portal
	Saved      bool     `json:"saved,omitempty"`      // the caller keeps it
	Used       int      `json:"used,omitempty"`       // the caller's applications for it
	Popularity int      `json:"popularity,omitempty"` // 1…100
}

// ServiceDetails is one service whole: GET /services/{code or slug}. Unknown
// codes answer 404 "service.not_found" with the nearest three in Problem.Fields
// (Field = code, Message = title).
type ServiceDetails struct {
	Service
	TargetCode  string     `json:"targetCode"` // of API ЕПГУ
	Region      string     `json:"region"`     // default region (ОКАТО, 11 digits)
	Steps       []Text     `json:"steps"`
	Documents   []Document `json:"documents"` // attachments that the form takes
	Fees        []Fee      `json:"fees"`
	LegalActs   []Text     `json:"legalActs"`
	Contacts    []Text     `json:"contacts"`
	Signature   string     `json:"signature"` // "none", "simple", "qualified"
	Push        string     `json:"push"`      // "chunked" (reserve, then push/chunked) or "single" (one push)
	PrintedForm bool       `json:"printedForm"`
	Result      Text       `json:"result,omitempty"`     // what is got in the end
	Variants    []Variant  `json:"variants,omitempty"`   // what differs by region
	Refusals    []Text     `json:"refusals,omitempty"`   // usual reasons of a refusal
	TermSource  *Source    `json:"termSource,omitempty"` // where the term comes from
}

// Variant is what differs in one region.
type Variant struct {
	Region      string `json:"region"` // code of the subject
	RegionTitle Text   `json:"regionTitle"`
	TermDays    int    `json:"termDays,omitempty"` // calendar days; absent when as everywhere
	Note        Text   `json:"note"`
	Contact     Text   `json:"contact,omitempty"`
}

// Source says where a figure comes from.
type Source struct {
	Kind  string `json:"kind"` // "law" (the text of the act), "open" (public sources), "training" (made up for training)
	Title Text   `json:"title"`
	Date  string `json:"date"` // when it was looked up, yyyy-mm-dd
}

// Document is a document that a service takes as an attachment.
type Document struct {
	Name     string   `json:"name"` // key for --attach name=file
	Title    Text     `json:"title"`
	Required bool     `json:"required"`
	Types    []string `json:"types"`    // MIME types, for example "image/jpeg"
	MaxBytes int64    `json:"maxBytes"` // bytes
	// MinWidth and MinHeight are the fewest pixels of a picture; 0 is no bound.
	MinWidth  int `json:"minWidth,omitempty"`
	MinHeight int `json:"minHeight,omitempty"`
	// When is the condition on the form's answers under which the document is asked,
	// as "when" of a field; nothing is always. RequiredWhen says that it is then
	// required.
	When         json.RawMessage `json:"when,omitempty"`
	RequiredWhen bool            `json:"requiredWhen,omitempty"`
}

// Fee is what a service costs and when.
type Fee struct {
	Title           Text   `json:"title"`
	Condition       Text   `json:"condition,omitempty"` // when this fee applies
	AmountKopecks   int64  `json:"amountKopecks"`
	DiscountPercent int    `json:"discountPercent,omitempty"`
	Basis           Text   `json:"basis"` // the law it stands on
	AsOf            string `json:"asOf"`  // yyyy-mm-dd
	// Rule says how it is reckoned when it is not one sum; AmountKopecks is then the
	// usual or the least one.
	Rule   Text    `json:"rule,omitempty"`
	Since  string  `json:"since,omitempty"` // from which day it holds, yyyy-mm-dd
	Source *Source `json:"source,omitempty"`
}

// ServiceIndex is what a client keeps to complete and search names without the
// portal: GET /service-index, with ETag and If-None-Match.
type ServiceIndex struct {
	Items []ServiceHint `json:"items"` // popular first
}

// ServiceHint is one service in an index.
type ServiceHint struct {
	Code  string `json:"code"`
	Slug  string `json:"slug"`
	Title Text   `json:"title"`
	Words []Text `json:"words,omitempty"` // what people call it
}

// ServiceChange is something that became different in a service: GET
// /service-changes.
type ServiceChange struct {
	Date    string `json:"date"` // from which it holds, yyyy-mm-dd
	Service string `json:"service"`
	Slug    string `json:"slug"`
	Title   Text   `json:"title"`
	Kind    string `json:"kind"` // "fee", "form", "law", "term", "new", "obsolete"
	Text    Text   `json:"text"`
}

// Form is the form of a service: GET /services/{code}/form. Schema is JSON
// Schema 2020-12 of an object of fields, groups and repeated groups; each may
// carry "x-epgu" (docs/api/forms.md).
type Form struct {
	Service string          `json:"service"`
	Version string          `json:"version"`
	Schema  json.RawMessage `json:"schema"`
	// Prefill holds what the portal already knows of the signed-in person, Sources
	// where each value is from, by its path.
	Prefill map[string]any  `json:"prefill,omitempty"`
	Sources map[string]Text `json:"sources,omitempty"`
	// Reused are the paths of what is prefilled from earlier applications and not from
	// the profile or a register.
	Reused []string `json:"reused,omitempty"`
	// Suggestions are items that registers and earlier applications know for repeated
	// groups, by their paths.
	Suggestions map[string][]Suggestion `json:"suggestions,omitempty"`
	// Superseded are answers of the repeated application (?repeat=) in place of which
	// the profile or a register says another.
	Superseded []Superseded `json:"superseded,omitempty"`
}

// Superseded is an earlier answer that does not hold any more.
type Superseded struct {
	Path string `json:"path"`
	Was  any    `json:"was"`
}

// Suggestion is one item for a repeated group of a form.
type Suggestion struct {
	Title  Text           `json:"title"`
	Source Text           `json:"source"`
	Values map[string]any `json:"values"`
}

// ---- drafts ---------------------------------------------------------------

// Draft is an unfinished application kept by the portal: POST /drafts, GET
// /drafts, GET|PUT|DELETE /drafts/{id}; ETag and If-Match on PUT.
type Draft struct {
	ID        string         `json:"id"`
	Service   string         `json:"service"`
	Title     Text           `json:"title"`
	Data      map[string]any `json:"data"`
	UpdatedAt time.Time      `json:"updatedAt"`
	ExpiresAt time.Time      `json:"expiresAt"`
	// FormVersion is the version of the form that it was filled by; empty is unknown.
	FormVersion string `json:"formVersion,omitempty"`
	Name        string `json:"name,omitempty"`     // what its owner calls it
	RemindOn    string `json:"remindOn,omitempty"` // yyyy-mm-dd; on that day the portal writes to its owner
	Due         bool   `json:"due,omitempty"`      // that day has come
}

// DraftInput is the body of POST /drafts and PUT /drafts/{id}.
type DraftInput struct {
	Service     string         `json:"service"`
	Data        map[string]any `json:"data"`
	FormVersion string         `json:"formVersion,omitempty"`
	Name        string         `json:"name,omitempty"`
	RemindOn    string         `json:"remindOn,omitempty"`
}

// Template is answers kept under a name, to fill a form from again and again:
// POST /application-templates, GET /application-templates, GET|PUT|DELETE
// /application-templates/{id}; ETag and If-Match on PUT.
type Template struct {
	ID          string         `json:"id"`
	Name        Text           `json:"name"` // unique among its owner's, whatever the case of letters
	Service     string         `json:"service"`
	Title       Text           `json:"title"` // of the service
	Data        map[string]any `json:"data"`
	FormVersion string         `json:"formVersion,omitempty"` // version of the form that the answers are to
	UpdatedAt   time.Time      `json:"updatedAt"`
}

// TemplateInput is the body of POST /application-templates and PUT
// /application-templates/{id}.
type TemplateInput struct {
	Name        string         `json:"name"`
	Service     string         `json:"service"`
	Data        map[string]any `json:"data"`
	FormVersion string         `json:"formVersion,omitempty"`
}

// ---- charges and payments -------------------------------------------------

// Charge is a начисление: GET /charges?state=&uin=&orderId=&limit=&cursor=,
// GET /charges/{uin}.
type Charge struct {
	UIN           string         `json:"uin"`
	Kind          string         `json:"kind"`  // "duty", "fine", "tax", "debt"
	State         string         `json:"state"` // "unpaid", "partly-paid", "clarified" (corrected, still to be paid), "paid", "annulled", "forcibly-settled"
	Title         Text           `json:"title"`
	Purpose       Text           `json:"purpose"`
	AmountKopecks int64          `json:"amountKopecks"` // as charged
	DueKopecks    int64          `json:"dueKopecks"`    // to pay today, discounts applied, payments deducted
	IssuedAt      time.Time      `json:"issuedAt"`
	PayUntil      *time.Time     `json:"payUntil,omitempty"`
	Discount      *Discount      `json:"discount,omitempty"`
	Payee         Payee          `json:"payee"`
	PayerName     Text           `json:"payerName"`
	PayerID       string         `json:"payerId"`               // payer identifier of ГИС ГМП, 22 characters
	OrderID       int64          `json:"orderId,omitempty"`     // the application it belongs to
	PaymentID     string         `json:"paymentId,omitempty"`   // the payment that settled it
	PaidKopecks   int64          `json:"paidKopecks,omitempty"` // what was paid of it already
	Details       *ChargeDetails `json:"details,omitempty"`
	Dispute       *Dispute       `json:"dispute,omitempty"` // the latest
}

// Discount is a lower sum for paying early.
type Discount struct {
	DueKopecks int64     `json:"dueKopecks"` // the sum while the discount lasts
	LastDay    time.Time `json:"lastDay"`    // inclusive, in Moscow time
}

// Payee is who gets the money: fields of a payment order to the budget.
type Payee struct {
	Name        Text   `json:"name"`
	INN         string `json:"inn"`
	KPP         string `json:"kpp"`
	Account     string `json:"account"` // казначейский счёт, 20 digits
	BankName    Text   `json:"bankName"`
	BIK         string `json:"bik"`
	CorrAccount string `json:"corrAccount"` // ЕКС, 20 digits
	KBK         string `json:"kbk"`
	OKTMO       string `json:"oktmo"`
}

// PaymentRequest pays: POST /payments with Idempotency-Key equal to ID. The
// same key and body answer with the current state (200), the same key and
// another body 409 "payment.key_reused", the same key while the first request is
// at work 409 "payment.in_progress" with Retry-After, another key for a charge
// that is paid or in flight 409 "payment.duplicate" with Ref = the earlier
// payment. The portal knows a key for thirty days.
type PaymentRequest struct {
	ID            string      `json:"id"` // UUIDv7 made by the client before anything is sent
	UIN           string      `json:"uin,omitempty"`
	AmountKopecks int64       `json:"amountKopecks"`
	Method        string      `json:"method"`               // id of a PaymentMethod
	Requisites    *Requisites `json:"requisites,omitempty"` // when there is no УИН
	// AuthorisationID is the PaymentAuthorisation that the payment is counted
	// against; "" when there is none.
	AuthorisationID string `json:"authorisationId,omitempty"`
	// Proof shows that the payment is one that the approvers have signed; every
	// payment under an authorisation needs it.
	Proof *PaymentProof `json:"proof,omitempty"`
}

// Requisites are those of a payment without a charge.
type Requisites struct {
	Payee   Payee  `json:"payee"`
	Purpose string `json:"purpose"`
	Period  string `json:"period,omitempty"`  // field 107
	Status  string `json:"status,omitempty"`  // field 101
	Basis   string `json:"basis,omitempty"`   // field 106
	DocNo   string `json:"docNo,omitempty"`   // field 108
	DocDate string `json:"docDate,omitempty"` // field 109
	// ActCode stands in field 22 of a payment to a court deposit, where others have an
	// УИН: the four digits of the act's code (since 22.11.2021).
	ActCode string `json:"actCode,omitempty"`
}

// Payment is a payment as the portal knows it: POST /payments, GET
// /payments/{id}, GET /payments?uin=&state=&limit=&cursor=.
type Payment struct {
	ID            string     `json:"id"`
	State         string     `json:"state"` // "accepted", "confirming", "paid", "refused"
	UIN           string     `json:"uin,omitempty"`
	AmountKopecks int64      `json:"amountKopecks"`
	FeeKopecks    int64      `json:"feeKopecks"` // commission on top
	Method        string     `json:"method"`
	Title         Text       `json:"title"`
	CreatedAt     time.Time  `json:"createdAt"`
	PaidAt        *time.Time `json:"paidAt,omitempty"`
	ReceiptID     string     `json:"receiptId,omitempty"` // GET /payments/{id}/receipt, application/pdf
	UIP           string     `json:"uip,omitempty"`       // УИП, 32 digits
	Reason        *Reason    `json:"reason,omitempty"`    // of a refusal
	Payee         Payee      `json:"payee"`
	PayerName     Text       `json:"payerName"`
	Purpose       Text       `json:"purpose,omitempty"`
	Period        string     `json:"period,omitempty"` // field 107
	PayeeToldAt   *time.Time `json:"payeeToldAt,omitempty"`
	// AuthorisationID is what the payment was counted against.
	AuthorisationID string `json:"authorisationId,omitempty"`
	// Confirm is set while State is "confirming": POST
	// /payments/{id}/confirmation with Confirmation.
	Confirm *Factor `json:"confirm,omitempty"`
}

// Confirmation confirms a payment by a code.
type Confirmation struct {
	Code string `json:"code"`
}

// Reason says why something was refused and what helps.
type Reason struct {
	Code   string `json:"code"` // "insufficient_funds", "limit", "charge_annulled" …
	Text   Text   `json:"text"`
	Advice Text   `json:"advice,omitempty"`
}

// PaymentMethod is a way to pay: GET /payment-methods → Page[PaymentMethod].
type PaymentMethod struct {
	ID             string `json:"id"`   // "account", "card", "wallet", "mobile"
	Kind           string `json:"kind"` // same words
	Title          Text   `json:"title"`
	Default        bool   `json:"default"`
	Confirm        string `json:"confirm,omitempty"` // "", "sms", "token"
	LimitKopecks   int64  `json:"limitKopecks"`      // most for one payment
	BalanceKopecks *int64 `json:"balanceKopecks,omitempty"`
}

// ---- applications: what API ЕПГУ has no word for ---------------------------

// Application is the cabinet's view of one application: GET
// /applications/{orderId}; GET /applications?state=&service=&limit=&cursor=.
// Submission and status travel over API ЕПГУ; this adds what a person needs.
type Application struct {
	OrderID      int64       `json:"orderId"`
	Service      string      `json:"service"`
	ServiceTitle Text        `json:"serviceTitle"`
	Department   Text        `json:"department"`
	Region       string      `json:"region,omitempty"` // ОКАТО
	StatusID     int         `json:"statusId"`
	StatusTitle  Text        `json:"statusTitle"`
	Final        bool        `json:"final"`
	CreatedAt    time.Time   `json:"createdAt"`
	UpdatedAt    time.Time   `json:"updatedAt"`
	ExpectedAt   *time.Time  `json:"expectedAt,omitempty"`
	UnpaidUINs   []string    `json:"unpaidUins,omitempty"`
	Correction   *Correction `json:"correction,omitempty"` // set while StatusID is 15
	CancelUntil  *time.Time  `json:"cancelUntil,omitempty"`
	HasResult    bool        `json:"hasResult"`
	// ChangeUntil is set while fields and documents may be changed.
	ChangeUntil *time.Time      `json:"changeUntil,omitempty"`
	Wanted      *WantedDocument `json:"wanted,omitempty"` // a document that the department waits for
	Rating      *Rating         `json:"rating,omitempty"`
}

// Correction says what the department wants mended. The mended archive is sent
// by push/chunked under the same orderId.
type Correction struct {
	Text   Text         `json:"text"`
	Fields []FieldError `json:"fields"`
	Until  time.Time    `json:"until"`
}

package cabinet

import "time"

// Capabilities of the account's life.
const (
	CapRegistration Capability = "registration" // /registrations, /recoveries
	CapAccount      Capability = "account"      // /sessions, /sign-in-history, /level-requests, /consents, /organisations
)

// InProcess is the address of a request that never left the program: the
// embedded portal answered it without a network.
const InProcess Text = "in-process"

// RegistrationRequest begins a registration: POST /registrations. Nobody needs
// to be signed in. Unfit or taken fields answer 422 with every field at fault.
type RegistrationRequest struct {
	LastName   string `json:"lastName"`
	FirstName  string `json:"firstName"`
	MiddleName string `json:"middleName,omitempty"`
	BirthDate  string `json:"birthDate"` // yyyy-mm-dd
	Mobile     string `json:"mobile,omitempty"`
	Email      string `json:"email,omitempty"` // one of Mobile and Email at least
	INN        string `json:"inn,omitempty"`
	AgreeTerms bool   `json:"agreeTerms"`
}

// RecoveryRequest begins a recovery: POST /recoveries. A locked account is
// opened by the passport as well; without it the answer is 422 "passport".
// The answer is the same for a login that nobody has.
type RecoveryRequest struct {
	Login    string    `json:"login"`
	Passport *Passport `json:"passport,omitempty"`
}

// Challenge waits for a code: the answer of POST /registrations and POST
// /recoveries, and of their POST …/{id}/code.
type Challenge struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // "code", then "done"
	Target    Text      `json:"target,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
	// CodeExpiresAt is until when the code that was sent last is good; another
	// may be asked for until ExpiresAt.
	CodeExpiresAt *time.Time `json:"codeExpiresAt,omitempty"`
	Login         string     `json:"login,omitempty"` // what to sign in with, when done
}

// ChallengeAnswer answers a challenge: POST /registrations/{id}/code or
// /recoveries/{id}/code. An empty Code asks for a new one. Password is the new
// password: at least 8 characters with a digit and letters in both cases.
type ChallengeAnswer struct {
	Code     string `json:"code"`
	Password string `json:"password,omitempty"`
}

// Passport is the internal passport of a citizen.
type Passport struct {
	Series    string `json:"series"`              // 4 digits
	Number    string `json:"number"`              // 6 digits
	IssueDate string `json:"issueDate,omitempty"` // yyyy-mm-dd
	IssueID   string `json:"issueId,omitempty"`   // код подразделения, 000-000
	IssuedBy  Text   `json:"issuedBy,omitempty"`
}

// LevelRequestInput asks for a higher level: POST /level-requests. The standard
// level takes Passport, SNILS, Gender and BirthPlace, which are checked in the
// registers; the confirmed one takes Way.
type LevelRequestInput struct {
	Level      Level     `json:"level"`
	Passport   *Passport `json:"passport,omitempty"`
	SNILS      string    `json:"snils,omitempty"`
	Gender     string    `json:"gender,omitempty"` // "M" or "F"
	BirthPlace string    `json:"birthPlace,omitempty"`
	Way        string    `json:"way,omitempty"` // "bank" or "centre"
}

// LevelRequest is a request for a level: GET /level-requests → Page, newest
// first.
type LevelRequest struct {
	ID        int64     `json:"id"`
	Level     Level     `json:"level"`
	State     string    `json:"state"` // "pending", "done", "refused"
	CreatedAt time.Time `json:"createdAt"`
	DecidedAt time.Time `json:"decidedAt"` // expected while pending
	Reason    *Reason   `json:"reason,omitempty"`
	// Recheck is the check of an edited name or passport: Level is the one that
	// the account had and that comes back.
	Recheck bool `json:"recheck,omitempty"`
}

// Session is a living session: GET /sessions → Page; DELETE /sessions/{id}
// ends one ("current" names one's own), DELETE /sessions ends all the others.
type Session struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current"`
	ClientID  string    `json:"clientId"`
	Method    string    `json:"method"` // "PWD", "DS", "KEY"
	Agent     Text      `json:"agent"`
	Address   Text      `json:"address"`
	OrgOID    string    `json:"orgOid,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// SignInEntry is a line of the history of sign-ins: GET /sign-in-history →
// Page, newest first.
type SignInEntry struct {
	At         time.Time `json:"at"`
	Outcome    string    `json:"outcome"` // "done", "wrong_password", "wrong_code", "locked", "push_denied", "device_bound", "device_rebound", "device_removed", "device_blocked"
	Method     string    `json:"method"`
	ClientID   string    `json:"clientId"`
	Agent      Text      `json:"agent"`
	Address    Text      `json:"address"`
	Suspicious bool      `json:"suspicious"` // from a program and place never seen before, locked after wrong tries, or denied by the person himself
}

// PasswordChange changes the password: PUT /me/password. Every other session
// ends.
type PasswordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Consent is a consent that a person gave to a system: GET /consents → Page;
// DELETE /consents/{id} takes it back.
type Consent struct {
	ID          int64      `json:"id"`
	ClientID    string     `json:"clientId"`
	Sysname     string     `json:"sysname"` // "APIPGU"
	Responsible Text       `json:"responsible"`
	Scopes      []string   `json:"scopes"`
	GivenAt     time.Time  `json:"givenAt"`
	Until       *time.Time `json:"until,omitempty"`
}

// Organisation is one that the person acts for: GET /organisations → Page.
type Organisation struct {
	OID      string     `json:"oid"`
	Name     Text       `json:"name"`
	Kind     string     `json:"kind"` // "LEGAL", "BUSINESS" (ИП), "AGENCY"
	INN      string     `json:"inn"`
	KPP      string     `json:"kpp,omitempty"`
	OGRN     string     `json:"ogrn"`
	Position Text       `json:"position"`
	Chief    bool       `json:"chief"`
	Powers   []string   `json:"powers"` // "orders", "payments"; a chief has every power
	Until    *time.Time `json:"until,omitempty"`
	Current  bool       `json:"current"` // the marker acts for it
}

// Member is somebody with powers: GET /organisations/{oid}/members → Page, for
// the chief; POST gives powers (MemberInput), DELETE …/members/{personOid}
// takes them back.
type Member struct {
	OID      string     `json:"oid"`
	Name     Text       `json:"name"`
	Position Text       `json:"position"`
	Chief    bool       `json:"chief"`
	Powers   []string   `json:"powers"`
	Until    *time.Time `json:"until,omitempty"`
}

// MemberInput gives powers to a person found by login.
type MemberInput struct {
	Login    string     `json:"login"`
	Position string     `json:"position"`
	Powers   []string   `json:"powers"`
	Until    *time.Time `json:"until,omitempty"`
}

// RoleSwitch asks to act in another role without signing in again: POST
// /roles/switch by a living marker. It ends like a sign-in: SignIn with Code.
// An empty OrgOID is the person himself.
type RoleSwitch struct {
	Authorization AuthorizationRequest `json:"authorization"`
	OrgOID        string               `json:"orgOid,omitempty"`
}

// TOTPRequest is the body of POST /me/totp: the present password, so that a
// marker alone puts no other secret in place of the person's.
type TOTPRequest struct {
	Password string `json:"password"`
}

// TOTPSetup is a new secret for an application on a phone: POST /me/totp. It
// works from PUT /me/totp with a code made by it.
type TOTPSetup struct {
	Secret string `json:"secret"` // base32; 30 seconds, 6 digits (RFC 6238)
	URI    string `json:"uri"`    // otpauth://…, for a QR code
}

// TOTPChange is the body of PUT /me/totp: the code of the new secret, or Off
// with a code of the present one.
type TOTPChange struct {
	Code string `json:"code"`
	Off  bool   `json:"off,omitempty"`
}

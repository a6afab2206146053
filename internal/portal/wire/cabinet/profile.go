package cabinet

import "time"

// CapProfileEdit is the ability to read the whole profile, to change it and to
// look its changes up: /me/profile, /me/contact-changes, /me/changes,
// /me/privacy, /me/deletion-requests.
const CapProfileEdit Capability = "profile.edit"

// Profile is all that the portal keeps about a person: GET /me/profile, with an
// ETag. PATCH /me/profile (ProfileEdit, If-Match) changes it.
type Profile struct {
	OID         string            `json:"oid"`
	LastName    Text              `json:"lastName"`
	FirstName   Text              `json:"firstName"`
	MiddleName  Text              `json:"middleName,omitempty"`
	BirthDate   string            `json:"birthDate"` // yyyy-mm-dd
	Gender      string            `json:"gender,omitempty"`
	BirthPlace  Text              `json:"birthPlace,omitempty"`
	Citizenship string            `json:"citizenship,omitempty"`
	SNILS       string            `json:"snils,omitempty"`
	INN         string            `json:"inn,omitempty"`
	Mobile      string            `json:"mobile,omitempty"`
	Email       string            `json:"email,omitempty"`
	Level       Level             `json:"level"`
	Recheck     bool              `json:"recheck"` // the registers are checking what was edited
	Addresses   []Address         `json:"addresses"`
	Documents   []ProfileDocument `json:"documents"`
	Children    []ProfileChild    `json:"children"`
	Vehicles    []ProfileVehicle  `json:"vehicles"`
}

// The addresses of a person.
const (
	AddressLiving     = "PLV" // where the person lives
	AddressRegistered = "PRG" // where the person is registered
)

// Address is a postal address of a person; there is one of a type.
type Address struct {
	Type    string `json:"type"`
	ZipCode string `json:"zipCode,omitempty"` // 6 digits
	Region  Text   `json:"region,omitempty"`
	City    Text   `json:"city,omitempty"`
	Street  Text   `json:"street,omitempty"`
	House   Text   `json:"house,omitempty"`
	Flat    Text   `json:"flat,omitempty"`
}

// The documents of a profile, by ЕСИА's names.
const (
	DocumentPassport       = "RF_PASSPORT"
	DocumentForeign        = "FRGN_PASS"
	DocumentDrivingLicence = "RF_DRIVING_LICENSE"
	DocumentMedicalPolicy  = "MDCL_PLCY"
)

// ProfileDocument is a document of a person; there is one of a type.
type ProfileDocument struct {
	Type      string `json:"type"`
	Series    string `json:"series,omitempty"`
	Number    string `json:"number"`
	IssueDate string `json:"issueDate,omitempty"` // yyyy-mm-dd
	IssueID   string `json:"issueId,omitempty"`   // код подразделения, 6 digits
	IssuedBy  Text   `json:"issuedBy,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"` // yyyy-mm-dd
	Verified  bool   `json:"verified"`            // a register has confirmed it
}

// ProfileChild is a child of a person, as the register of births knows it.
type ProfileChild struct {
	LastName   Text   `json:"lastName"`
	FirstName  Text   `json:"firstName"`
	MiddleName Text   `json:"middleName,omitempty"`
	BirthDate  string `json:"birthDate"`
	SNILS      string `json:"snils,omitempty"`
}

// ProfileVehicle is a car of a person, as the traffic police know it.
type ProfileVehicle struct {
	Name  Text   `json:"name,omitempty"`
	Plate string `json:"plate"`
	VIN   string `json:"vin"`
	STS   string `json:"sts"`
}

// ProfileEdit is the body of PATCH /me/profile: what is absent stays as it is;
// an address or a document replaces the one of its type. The phone and the
// address of e-mail are changed by ContactChangeRequest.
type ProfileEdit struct {
	LastName   *string        `json:"lastName,omitempty"`
	FirstName  *string        `json:"firstName,omitempty"`
	MiddleName *string        `json:"middleName,omitempty"`
	BirthDate  *string        `json:"birthDate,omitempty"`
	Gender     *string        `json:"gender,omitempty"`
	BirthPlace *string        `json:"birthPlace,omitempty"`
	INN        *string        `json:"inn,omitempty"`
	Addresses  []Address      `json:"addresses,omitempty"`
	Documents  []DocumentEdit `json:"documents,omitempty"`
}

// DocumentEdit writes a document over the one of its type, or removes that.
type DocumentEdit struct {
	Type      string `json:"type"`
	Series    string `json:"series,omitempty"`
	Number    string `json:"number,omitempty"`
	IssueDate string `json:"issueDate,omitempty"`
	IssueID   string `json:"issueId,omitempty"`
	IssuedBy  Text   `json:"issuedBy,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"`
	Remove    bool   `json:"remove,omitempty"`
}

// ProfileEdited is the answer to an edit: the profile as it is now and the
// change that was written down; no change when everything was so already.
type ProfileEdited struct {
	Profile Profile `json:"profile"`
	Change  *Change `json:"change,omitempty"`
}

// Change is one line of the history of an account: GET /me/changes → Page,
// newest first. Personal values are masked.
type Change struct {
	ID         string        `json:"id"`
	At         time.Time     `json:"at"`
	Kind       string        `json:"kind"` // "profile.edit", "profile.revert", "contact", "level", "privacy", "consent.withdrawn" …
	Author     ChangeAuthor  `json:"author"`
	Fields     []ChangeField `json:"fields"`
	Revertible bool          `json:"revertible"`
	Reverts    string        `json:"reverts,omitempty"`    // the change that this one undid
	RevertedBy string        `json:"revertedBy,omitempty"` // the change that undid this one
}

// ChangeAuthor is who made a change.
type ChangeAuthor struct {
	Kind     string `json:"kind"` // "person", "portal"
	Name     Text   `json:"name"`
	ClientID string `json:"clientId,omitempty"` // the system it was made through
}

// ChangeField is one value that changed.
type ChangeField struct {
	Field string `json:"field"` // "lastName", "address.PLV", "document.RF_PASSPORT", "privacy.advertising"
	Title Text   `json:"title"`
	Old   Text   `json:"old"`
	New   Text   `json:"new"`
}

// RevertRequest undoes a change: POST /me/changes/{id}/revert. What was changed
// again since is refused (409 "change.superseded"), unless WithLater.
type RevertRequest struct {
	WithLater bool `json:"withLater,omitempty"`
}

// ContactChangeRequest begins to change the phone or the address of e-mail:
// POST /me/contact-changes. It takes the present password, for a contact is a
// way to recover the account; a code goes to the new one.
type ContactChangeRequest struct {
	Kind     string `json:"kind"` // "mobile" or "email"
	Value    string `json:"value"`
	Password string `json:"password"`
}

// ContactChange waits for its code: POST /me/contact-changes/{id}/code
// (ContactCode). An empty code asks for a new one.
type ContactChange struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`  // "code", then "done"
	Target    Text      `json:"target"` // where the code went, masked
	ExpiresAt time.Time `json:"expiresAt"`
}

// ContactCode is the code of a contact change.
type ContactCode struct {
	Code string `json:"code"`
}

// Privacy is what the portal may do with a person's data: GET /me/privacy, with
// an ETag; PATCH /me/privacy (PrivacyEdit, If-Match) changes it.
type Privacy struct {
	Advertising bool      `json:"advertising"` // the portal may send offers
	Sharing     []Sharing `json:"sharing"`     // every kind of third party, in a fixed order
}

// Sharing says whether third parties of a kind may be given the person's data.
type Sharing struct {
	With    string `json:"with"` // "banks", "insurers", "telecom", "employers", "systems"
	Title   Text   `json:"title"`
	Allowed bool   `json:"allowed"`
}

// PrivacyEdit is the body of PATCH /me/privacy: what is absent stays.
type PrivacyEdit struct {
	Advertising *bool           `json:"advertising,omitempty"`
	Sharing     map[string]bool `json:"sharing,omitempty"`
}

// DeletionInput asks to delete outdated data: POST /me/deletion-requests.
type DeletionInput struct {
	What string `json:"what"` // "documents", "messages", "sign-ins"
}

// DeletionRequest is such a request: GET /me/deletion-requests → Page, newest
// first.
type DeletionRequest struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"` // "УД-000001"
	What      string    `json:"what"`
	State     string    `json:"state"` // "accepted", "done", "refused"
	CreatedAt time.Time `json:"createdAt"`
	AnswerBy  time.Time `json:"answerBy"` // of the answer, expected while accepted
	Deleted   int       `json:"deleted"`  // how many records, when done
	Answer    Text      `json:"answer,omitempty"`
}

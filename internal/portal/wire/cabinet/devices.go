package cabinet

import "time"

// CapDevices is binding devices and confirming sign-ins on them: /device-bindings,
// /devices, /device-requests, /device.
const CapDevices Capability = "devices"

// DeviceTokenHeader carries the token of a bound device. Such a token is not a
// marker: it opens /device and /device-requests and nothing else.
const DeviceTokenHeader = "X-Device-Token"

// DeviceBindingRequest asks for a code that binds a device to an account: POST
// /device-bindings, by the device itself, where nobody needs to be signed in.
// More codes than the portal lets wait at once answer 429 "device.too_many_codes".
type DeviceBindingRequest struct {
	Name     string `json:"name"`               // what the owner will know the device by
	Replaces string `json:"replaces,omitempty"` // Device.ID that the device had: it is bound anew, and its earlier token dies
}

// DeviceBinding is a device that waits to be bound: the answer of POST
// /device-bindings, for the device alone.
type DeviceBinding struct {
	ID        string    `json:"id"`
	Code      string    `json:"code"`   // "1234-5678", shown on the device
	Secret    string    `json:"secret"` // kept by the device: it takes the token with it
	ExpiresAt time.Time `json:"expiresAt"`
}

// DeviceTokenRequest takes the token of a binding that was confirmed: POST
// /device-bindings/{id}/token; Prefer: wait holds the answer until it is. Until
// the token was first used it may be taken again, and the earlier one dies.
// Afterwards, or when the code has expired, the answer is 404
// "device.binding_not_found".
type DeviceTokenRequest struct {
	Secret string `json:"secret"`
}

// DeviceToken is the answer to DeviceTokenRequest.
type DeviceToken struct {
	State  string  `json:"state"`            // "waiting", then "done"
	Device *Device `json:"device,omitempty"` // when done
	Token  string  `json:"token,omitempty"`  // when done
}

// Device is a bound device: GET /devices → Page; DELETE /devices/{id} removes
// one and its token dies. GET /device, by the device's token, answers with the
// device itself.
type Device struct {
	ID      string     `json:"id"`
	Name    Text       `json:"name"`
	Agent   Text       `json:"agent"`
	Address Text       `json:"address"`
	BoundAt time.Time  `json:"boundAt"`
	SeenAt  *time.Time `json:"seenAt,omitempty"` // when its token was last used
}

// DeviceClaim names a device by the code that it shows: POST /devices by a
// signed-in person. A code that nobody waits with answers 403
// "device.wrong_code", several in a row 423 "device.blocked" with the term,
// a full list 409 "device.limit".
type DeviceClaim struct {
	Code     string `json:"code"`
	Replaces string `json:"replaces,omitempty"` // Device.ID to bind anew
}

// DeviceConfirmation is a device about to be bound: the answer of POST /devices
// and of POST /devices/{id}/confirmation.
type DeviceConfirmation struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // "confirm", then "done"
	Name      Text      `json:"name"`
	Replaces  Text      `json:"replaces,omitempty"` // the name of the device that it takes the place of
	Agent     Text      `json:"agent"`              // the program that asked
	Address   Text      `json:"address"`            // where it asked from
	AskedAt   time.Time `json:"askedAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	Factors   []Factor  `json:"factors,omitempty"` // how to confirm, best first
	Sent      string    `json:"sent,omitempty"`    // the kind of the code that is awaited
	Push      *Push     `json:"push,omitempty"`    // the push that is awaited
}

// Push is a request to a bound device as its asker sees it.
type Push struct {
	Number    string    `json:"number"` // shown to whoever asks, typed on the device
	State     string    `json:"state"`  // "pending", "approved", "denied", "expired"
	ExpiresAt time.Time `json:"expiresAt"`
}

// DeviceRequest is what a bound device is asked to confirm: GET
// /device-requests → Page, by the device's token; Prefer: wait holds the answer
// until there is one. The number is not told here: whoever asks has it.
type DeviceRequest struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`   // "sign-in" or "device"
	Client    Text      `json:"client"` // what is signed in to, or the device to be bound
	Agent     Text      `json:"agent"`
	Address   Text      `json:"address"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	State     string    `json:"state"` // "pending"; "approved" or "denied" once decided
}

// DeviceDecision decides a request: PUT /device-requests/{id} by the device's
// token. Approving takes the number that the asker shows; a wrong one answers
// 403 "push.wrong_number", several deny the request.
type DeviceDecision struct {
	Approve bool   `json:"approve"`
	Number  string `json:"number,omitempty"`
}

// SecondFactor is how a person confirms sign-ins: GET /me/second-factor.
type SecondFactor struct {
	Preferred     string   `json:"preferred"`     // the kind that is offered first
	Factors       []Factor `json:"factors"`       // what may be used, that one first
	TOTP          bool     `json:"totp"`          // an application on a phone is set up
	Devices       int      `json:"devices"`       // bound devices, which a push goes to
	RecoveryCodes int      `json:"recoveryCodes"` // that were not used yet
}

// SecondFactorChange chooses the kind that is offered first: PUT
// /me/second-factor. Empty Preferred leaves the choice to the portal. A kind
// that is not set up answers 409 "factor.not_ready".
type SecondFactorChange struct {
	Preferred string `json:"preferred"` // "totp", "sms", "email", "push" or ""
	Password  string `json:"password"`
}

// RecoveryCodesRequest makes new recovery codes: POST /me/recovery-codes. The
// earlier ones stop working.
type RecoveryCodesRequest struct {
	Password string `json:"password"`
}

// RecoveryCodes are shown once; each confirms one sign-in as a factor of kind
// "recovery".
type RecoveryCodes struct {
	Codes []string `json:"codes"`
}

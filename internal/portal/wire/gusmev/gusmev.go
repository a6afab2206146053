// Package gusmev holds the wire types of API ЕПГУ 1.13 ("gusmev"), as
// published in «Спецификация API ЕПГУ» 1.13 of 18.07.2024 (SPEC-1.13). The
// client (portal/gusmev) and the embedded portal (sandbox/gusmev) import it.
// Types, paths and limits only: no logic lives here.
package gusmev

import (
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Text is text from the portal; it is shown only through its String method.
type Text = untrusted.Text

// Paths of the methods (SPEC-1.13, section 2). {id} stands for the order number.
const (
	PathOrder         = "/api/gusmev/order"             // POST: reserve a number
	PathPush          = "/api/gusmev/push"              // POST: one-step submission
	PathPushChunked   = "/api/gusmev/push/chunked"      // POST: submission in parts
	PathOrderDetails  = "/api/gusmev/order/{id}"        // POST, no body; ?embed=STATUS_HISTORY
	PathOrderCancel   = "/api/gusmev/order/{id}/cancel" // POST; ?reason=
	PathOrdersStatus  = "/api/gusmev/order/getOrdersStatus"
	PathUpdatedAfter  = "/api/gusmev/order/getUpdatedAfter"
	PathDictionary    = "/api/nsi/v1/dictionary/{code}"                      // POST, no auth
	PathDownload      = "/api/gusmev/files/download/{objectId}/{objectType}" // GET ?mnemonic=&eserviceCode=
	PathDownloadOlder = "/api/storage/v2/files/{objectId}/{objectType}/download"
)

// Time layouts. Details carry a zone; updatedAfter and the status lists do not.
const (
	TimeLayout      = "2006-01-02T15:04:05.000-0700" // in order details
	LocalTimeLayout = "2006-01-02T15:04:05.000"      // updatedAfter, status.updated: GMT+3 (SPEC-1.13), UTC in 1.12.1
)

// Chunk and archive limits, bytes (SPEC-1.13).
const (
	MinChunkBytes   = 5_000_000  // of every chunk but the last
	MaxChunkBytes   = 50_000_000 // of every chunk, and of the archive of a one-step push
	ChunkWindowSecs = 300        // all chunks within this many seconds of the first
)

// Meta names the service that an application is for.
type Meta struct {
	Region      string `json:"region"` // ОКАТО, 11 digits (some integrations send 2)
	ServiceCode string `json:"serviceCode"`
	TargetCode  string `json:"targetCode"` // usually "-" + ServiceCode
}

// OrderRef is the answer to a reservation and to a push.
type OrderRef struct {
	OrderID int64 `json:"orderId"`
}

// DetailsEnvelope is the answer to order details. Order is a JSON document in
// a JSON string. Both spellings of the message id are seen in the wild.
type DetailsEnvelope struct {
	Code         string  `json:"code"` // processing state, see the Code… constants
	Message      *Text   `json:"message"`
	MessageID    string  `json:"messageId,omitempty"`
	MessageIDAlt string  `json:"message_id,omitempty"`
	Order        *string `json:"order"`
}

// Processing states (SPEC-1.13, appendix 1).
const (
	CodeOK           = "OK" // in the specification's example; means DONE
	CodeNew          = "NEW"
	CodeValidating   = "VALIDATION" // in 1.12.1
	CodeVerifying    = "FILES_VERIFICATION"
	CodeVerified     = "FILES_VERIFICATION_SUCCESS"
	CodeRetry        = "RETRY"
	CodeDone         = "DONE" // handed on to the portal, no more
	CodeLimitation   = "LIMITATION_EXCEPTION"
	CodeInvalidFiles = "INVALID_FILES_STRUCTURE"
	CodeValidation   = "VALIDATION_ERROR"
	CodeReqNotFound  = "REQ_NOT_FOUND"
	CodeMPCNotFound  = "MPC_NOT_FOUND"
	CodeReqVerify    = "REQ_VERIFY_FAILED"
	CodeFilesVerify  = "FILES_VERIFICATION_FAILED"
	CodeInternal     = "INTERNAL_ERROR"
	CodeForbidden    = "CREATE_ORDER_FORBIDDEN"
)

// Order is what the string in DetailsEnvelope.Order holds: the fields of the
// specification's table 28 (numbers as in SPEC-1.12.1), in its order and with its
// types, and after them those that stand only in its example 5.5. The flags
// notifySms, notifyEmail and notifyPush are texts there. HasResult is a truth value
// here and a text inside a status.
type Order struct {
	OrderType               string           `json:"orderType"`
	HasNewStatus            bool             `json:"hasNewStatus"`
	SmevTx                  string           `json:"smevTx"`
	StateOrgID              int64            `json:"stateOrgId"`
	HasEmpowerment2021      bool             `json:"hasEmpowerment2021"`
	SmevMessageID           string           `json:"smevMessageId"`
	NotifySMS               string           `json:"notifySms"`
	NotifyEmail             string           `json:"notifyEmail"`
	NotifyPush              string           `json:"notifyPush"`
	HasChildren             bool             `json:"hasChildren"`
	StateStructureName      Text             `json:"stateStructureName"`
	PortalCode              string           `json:"portalCode"`
	FormVersion             string           `json:"formVersion"`
	StateOrgStatusCode      string           `json:"stateOrgStatusCode"`
	StateOrgStatusName      Text             `json:"stateOrgStatusName"`
	RoutingCode             string           `json:"routingCode"`
	AttributeEvents         []AttributeEvent `json:"orderAttributeEvents"`
	OwnerID                 int64            `json:"ownerId"`
	EserviceID              string           `json:"eserviceId"`
	CurrentStatusHistoryID  int64            `json:"currentStatusHistoryId"`
	HasTimestamp            bool             `json:"hasTimestamp"`
	OrderStatusName         Text             `json:"orderStatusName"`
	PortalName              Text             `json:"portalName"`
	PaymentRequired         bool             `json:"paymentRequired"`
	PaymentStatusEvents     []Event          `json:"paymentStatusEvents"`
	Payback                 bool             `json:"payback"`
	ReadyToPush             bool             `json:"readyToPush"`
	AdmLevelCode            string           `json:"admLevelCode"` // "FEDERAL", "REGIONAL"
	ID                      int64            `json:"id"`
	SignCount               int              `json:"signCnt"`
	AllFileSign             bool             `json:"allFileSign"`
	OrgUserName             Text             `json:"orgUserName"`
	NoPaidPaymentCount      int              `json:"noPaidPaymentCount"` // -1 in the example where there are none
	ChildrenSigned          bool             `json:"childrenSigned"`
	CreationMode            string           `json:"creationMode"`
	PowerMnemonic           string           `json:"powerMnemonic"`
	OrderStatusID           int              `json:"orderStatusId"`
	WithCustomResult        bool             `json:"withCustomResult"`
	Statuses                []Status         `json:"statuses"`
	OrderDate               string           `json:"orderDate"`
	Updated                 string           `json:"updated"`
	HasNoPaidPayment        bool             `json:"hasNoPaidPayment"`
	ServicePassportID       string           `json:"servicePassportId"`
	CheckQueue              bool             `json:"checkQueue"`
	WithDelivery            bool             `json:"withDelivery"`
	Gisdo                   bool             `json:"gisdo"`
	UserSelectedRegion      string           `json:"userSelectedRegion"`
	SourceSystem            string           `json:"sourceSystem"`
	ServiceURL              string           `json:"serviceUrl"`
	EQueueEvents            []Event          `json:"eQueueEvents"`
	HasActiveInviteToEqueue bool             `json:"hasActiveInviteToEqueue"`
	MultRegion              bool             `json:"multRegion"`
	ServiceEpguID           string           `json:"serviceEpguId"`
	ExtSystem               bool             `json:"extSystem"`
	UseAsTemplate           bool             `json:"useAsTemplate"`
	EdsStatus               string           `json:"edsStatus"`
	AllowToDelete           bool             `json:"allowToDelete"`
	QRLink                  QRLink           `json:"qrlink"`
	RequestDate             string           `json:"requestDate"`
	HasPreviewPDF           bool             `json:"hasPreviewPdf"`
	HubFormVersion          int              `json:"hubFormVersion"`
	StateOrgCode            string           `json:"stateOrgCode"`
	TestUser                bool             `json:"testUser"`
	PersonType              string           `json:"personType"` // "PERSON", "LEGAL"
	TextMessages            []TextMessage    `json:"textMessages"`
	ServiceTargetID         string           `json:"serviceTargetId"`
	Payments                []OrderPayment   `json:"orderPayments"`
	UnreadMessageCount      int              `json:"unreadMessageCnt"`
	ResponseFiles           []File           `json:"orderResponseFiles"`
	HasResult               bool             `json:"hasResult"`
	ServiceName             Text             `json:"serviceName"`
	DeprecatedService       bool             `json:"deprecatedService"`
	HubForm                 bool             `json:"hubForm"`
	UserID                  int64            `json:"userId"`
	AllowToEdit             bool             `json:"allowToEdit"`
	AttachmentFiles         []File           `json:"orderAttachmentFiles"`
	Closed                  bool             `json:"closed"`
	Online                  bool             `json:"online"`
	ReadyToSign             bool             `json:"readyToSign"`
	CurrentStatusHistory    *Status          `json:"currentStatusHistory"`
	InfoMessages            []Event          `json:"infoMessages"`
	Location                string           `json:"location"`
	PaymentCount            int              `json:"paymentCount"`
	DraftHidden             bool             `json:"draftHidden"`
	StateStructureID        string           `json:"stateStructureId"`

	// In example 5.5 only.
	Steps                         []Event `json:"steps"`
	InviteToEqueueURL             string  `json:"inviteToEqueueUrl"`
	StatusColorCode               string  `json:"statusColorCode"`
	ComplexMode                   string  `json:"complexMode"`
	RedirectURL                   string  `json:"redirectUrl"`
	EsepOperationID               string  `json:"esepOperationId"`
	LinkToOrderForm               string  `json:"linkToOrderForm"`
	ExtOrderURL                   string  `json:"extOrderUrl"`
	ExtOrderID                    string  `json:"extOrderId"`
	FormPrefilling                bool    `json:"formPrefilling"`
	Description                   Text    `json:"description"`
	InfSysCode                    string  `json:"infSysCode"`
	ParentOrderStateStructureName Text    `json:"parentOrderStateStructureName"`
	UIN                           string  `json:"cr_uin"`
}

// AttributeEvent is a change of an attribute of an order.
type AttributeEvent struct {
	Name     Text `json:"name"`
	NewValue Text `json:"newValue"`
	OldValue Text `json:"oldValue"`
}

// Event is an object whose members the specification does not name.
type Event map[string]any

// QRLink is a file for the MFC behind a QR code; empty here.
type QRLink struct {
	HasAltMimeType      bool   `json:"hasAltMimeType"`
	FileName            Text   `json:"fileName"`
	EdsStatus           string `json:"edsStatus"`
	FileSize            int64  `json:"fileSize"` // bytes
	CanSentToMFC        bool   `json:"canSentToMFC"`
	Link                string `json:"link"`
	ID                  string `json:"id"`
	MimeType            string `json:"mimeType"`
	HasDigitalSignature bool   `json:"hasDigitalSignature"`
	AdditionalName      Text   `json:"additionalName"`
}

// OrderPayment is a duty inside an order. The specification does not name its
// members; these are seen in public traces, the amount as a number or a text, whole
// or with a fraction, so it is kept as it came.
type OrderPayment struct {
	UIN    string      `json:"uin"`
	Paid   bool        `json:"paid"`
	Amount json.Number `json:"amount"` // the embedded portal writes kopecks
}

// TextMessage is a message between the department and the applicant. The
// specification does not name its members; an identifier is a text.
type TextMessage struct {
	ID   string `json:"id"`
	Date string `json:"date"`
	Text Text   `json:"text"`
	From Text   `json:"from"`
}

// Status is one entry of an order's history. HasResult is a text here.
type Status struct {
	Date                  string `json:"date"`
	CancelAllowed         bool   `json:"cancelAllowed"`
	UnreadEvent           bool   `json:"unreadEvent"`
	SendMessageAllowed    bool   `json:"sendMessageAllowed"`
	DeliveryCancelAllowed bool   `json:"deliveryCancelAllowed"`
	StatusID              int    `json:"statusId"`
	Title                 Text   `json:"title"`
	Comment               Text   `json:"comment"`
	Sender                Text   `json:"sender"`
	Mnemonic              string `json:"mnemonic"`
	OrderID               int64  `json:"orderId"`
	EditAllowed           bool   `json:"editAllowed"`
	HasResult             string `json:"hasResult"` // "Y" or "N"
	ID                    int64  `json:"id"`
	FinalStatus           bool   `json:"finalStatus"`
	StateOrgStatusCode    string `json:"stateOrgStatusCode"`
	StateOrgStatusDescr   Text   `json:"stateOrgStatusDescr"`

	// In example 5.5 only, and in SPEC-1.13.
	Author          Text   `json:"author"`
	MFCFinalStatus  bool   `json:"mfcFinalStatus"`
	StatusColorCode string `json:"statusColorCode,omitempty"` // "edit", "in_progress" …
}

// File is a file of an order. Link is terrabyte://00/<objectId>/<mnemonic>/<type>;
// type 2 is an attachment, 3 a result.
type File struct {
	HasAltMimeType      bool   `json:"hasAltMimeType"`
	FileName            Text   `json:"fileName"`
	EdsStatus           string `json:"edsStatus"`
	FileSize            int64  `json:"fileSize"` // bytes
	Link                string `json:"link"`
	ID                  string `json:"id"` // "<objectId>/files/<base64url of the name>"
	MimeType            string `json:"mimeType"`
	HasDigitalSignature bool   `json:"hasDigitalSignature"`
	Type                string `json:"type"` // "REQUEST", "ATTACHMENT"
}

// StatusList is the answer of getOrdersStatus and getUpdatedAfter.
type StatusList struct {
	Count      int           `json:"count"`
	TotalCount int           `json:"totalCount"`
	Content    []OrderStatus `json:"content"`
}

// OrderStatus is one order in a StatusList; Status is nil when not found.
type OrderStatus struct {
	OrderID           int64        `json:"orderId"`
	OrderSearchStatus string       `json:"orderSearchStatus"` // "FOUND", "NOT_FOUND"
	Status            *ShortStatus `json:"status"`
}

// ShortStatus is a status inside a StatusList.
type ShortStatus struct {
	StatusID   int    `json:"statusId"`
	StatusName Text   `json:"statusName"`
	Updated    string `json:"updated"` // LocalTimeLayout
}

// Error is the body of 400, 403, 409, 429 and 500.
type Error struct {
	Code    string `json:"code"`
	Message Text   `json:"message"`
}

// Error codes (SPEC-1.13, section 2.5).
const (
	ErrPersonPermissions = "access_denied_person_permissions"
	ErrPersonalData      = "access_denied_personal_data"
	ErrService           = "access_denied_service"
	ErrSystem            = "access_denied_system"
	ErrUser              = "access_denied_user"
	ErrUserLegal         = "access_denied_user_legal"
	ErrBadDelegation     = "bad_delegation"
	ErrBadRequest        = "bad_request"
	ErrCancelNotAllowed  = "cancel_not_allowed"
	ErrConfigDelegation  = "config_delegation"
	ErrInternal          = "internal_error"
	ErrLimitation        = "limitation_exception"
	ErrNotFound          = "not_found"
	ErrOrderAccess       = "order_access"
	ErrPushDenied        = "push_denied"
	ErrServiceNotFound   = "service_not_found"
)

// ErrorCodes are the error codes of SPEC-1.13, section 2.5.
func ErrorCodes() []string {
	return []string{ErrPersonPermissions, ErrPersonalData, ErrService, ErrSystem, ErrUser, ErrUserLegal, ErrBadDelegation, ErrBadRequest, ErrCancelNotAllowed,
		ErrConfigDelegation, ErrInternal, ErrLimitation, ErrNotFound, ErrOrderAccess, ErrPushDenied, ErrServiceNotFound}
}

// FailedCodes are the processing states that an archive can end in without becoming an
// application (SPEC-1.13, appendix 1).
func FailedCodes() []string {
	return []string{CodeLimitation, CodeInvalidFiles, CodeValidation, CodeReqNotFound, CodeMPCNotFound, CodeReqVerify, CodeFilesVerify, CodeInternal, CodeForbidden}
}

// DictionaryRequest asks for a page of a dictionary.
type DictionaryRequest struct {
	TreeFiltering      string `json:"treeFiltering"` // "ONELEVEL" or "SUBTREE"
	ParentRefItemValue string `json:"parentRefItemValue,omitempty"`
	PageNum            int    `json:"pageNum,omitempty"` // from 1; without it and pageSize all entries come
	PageSize           int    `json:"pageSize,omitempty"`
}

// Dictionary is the answer; Error.Code 0 is success, 7 "Entity not found".
type Dictionary struct {
	Error struct {
		Code    int  `json:"code"`
		Message Text `json:"message"`
	} `json:"error"`
	FieldErrors []json.RawMessage `json:"fieldErrors"` // objects whose members are not published
	Total       int               `json:"total"`
	Items       []DictionaryItem  `json:"items"`
}

// DictionaryItem is one entry of a dictionary.
type DictionaryItem struct {
	Value           string            `json:"value"`
	ParentValue     *string           `json:"parentValue"`
	Title           Text              `json:"title"`
	IsLeaf          bool              `json:"isLeaf"`
	Children        []DictionaryItem  `json:"children"`
	Attributes      []json.RawMessage `json:"attributes"` // descriptions of attributes; their members are not published
	Source          *string           `json:"source"`
	AttributeValues map[string]Text   `json:"attributeValues"`
}

// Package gusmev holds the wire types of API ЕПГУ 1.13 ("gusmev"), as
// published in «Спецификация API ЕПГУ» 1.13 of 18.07.2024 (SPEC-1.13). The
// client (portal/gusmev) and the embedded portal (sandbox/gusmev) import it.
// Types, paths and limits only: no logic lives here.
package gusmev

import "github.com/epgu-cli/epgu/internal/untrusted"

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

// Order is what the string in DetailsEnvelope.Order holds, the fields that the
// client keeps.
type Order struct {
	ID                     int64          `json:"id"`
	OrderType              string         `json:"orderType,omitempty"`
	OrderStatusID          int            `json:"orderStatusId"`
	OrderStatusName        Text           `json:"orderStatusName"`
	Statuses               []Status       `json:"statuses,omitempty"`
	CurrentStatusHistory   *Status        `json:"currentStatusHistory,omitempty"`
	CurrentStatusHistoryID int64          `json:"currentStatusHistoryId,omitempty"`
	Updated                string         `json:"updated,omitempty"`
	OrderDate              string         `json:"orderDate,omitempty"`
	RequestDate            string         `json:"requestDate,omitempty"`
	Closed                 bool           `json:"closed"`
	HasResult              string         `json:"hasResult,omitempty"` // "Y" or "N"
	AttachmentFiles        []File         `json:"orderAttachmentFiles,omitempty"`
	ResponseFiles          []File         `json:"orderResponseFiles,omitempty"`
	Payments               []OrderPayment `json:"orderPayments,omitempty"`
	PaymentRequired        bool           `json:"paymentRequired"`
	HasNoPaidPayment       bool           `json:"hasNoPaidPayment"`
	NoPaidPaymentCount     int            `json:"noPaidPaymentCount"`
	PaymentCount           int            `json:"paymentCount"`
	ServiceName            Text           `json:"serviceName"`
	EserviceID             string         `json:"eserviceId,omitempty"`
	ServiceTargetID        string         `json:"serviceTargetId,omitempty"`
	ServicePassportID      string         `json:"servicePassportId,omitempty"`
	StateOrgID             int64          `json:"stateOrgId,omitempty"`
	StateOrgCode           string         `json:"stateOrgCode,omitempty"`
	StateStructureName     Text           `json:"stateStructureName,omitempty"`
	PersonType             string         `json:"personType,omitempty"`
	OwnerID                int64          `json:"ownerId,omitempty"`
	UserID                 int64          `json:"userId,omitempty"`
	UserSelectedRegion     string         `json:"userSelectedRegion,omitempty"`
	SmevTx                 string         `json:"smevTx,omitempty"`
	SmevMessageID          string         `json:"smevMessageId,omitempty"`
	TextMessages           []TextMessage  `json:"textMessages,omitempty"`
	UnreadMessageCount     int            `json:"unreadMessageCnt"`
	UIN                    string         `json:"cr_uin,omitempty"`
	TestUser               bool           `json:"testUser,omitempty"`
}

// OrderPayment is a duty inside an order.
type OrderPayment struct {
	UIN    string `json:"uin"`
	Paid   bool   `json:"paid"`
	Amount int64  `json:"amount"` // kopecks
}

// TextMessage is a message between the department and the applicant.
type TextMessage struct {
	ID   int64  `json:"id"`
	Date string `json:"date"`
	Text Text   `json:"text"`
	From Text   `json:"from"`
}

// Status is one entry of an order's history.
type Status struct {
	ID                    int64  `json:"id"`
	StatusID              int    `json:"statusId"`
	Title                 Text   `json:"title"`
	Date                  string `json:"date"`
	OrderID               int64  `json:"orderId"`
	FinalStatus           bool   `json:"finalStatus"`
	CancelAllowed         bool   `json:"cancelAllowed"`
	EditAllowed           bool   `json:"editAllowed"`
	SendMessageAllowed    bool   `json:"sendMessageAllowed"`
	DeliveryCancelAllowed bool   `json:"deliveryCancelAllowed"`
	UnreadEvent           bool   `json:"unreadEvent"`
	HasResult             string `json:"hasResult"` // "Y" or "N"
	Sender                Text   `json:"sender,omitempty"`
	Mnemonic              string `json:"mnemonic,omitempty"`
	Comment               Text   `json:"comment,omitempty"`
	StateOrgStatusCode    string `json:"stateOrgStatusCode,omitempty"`
	StateOrgStatusDescr   Text   `json:"stateOrgStatusDescr,omitempty"`
	StatusColorCode       string `json:"statusColorCode,omitempty"` // "edit", "in_progress" …
}

// File is a file of an order. Link is terrabyte://00/<objectId>/<mnemonic>/<type>;
// type 2 is an attachment, 3 a result.
type File struct {
	ID                  string `json:"id"` // "<objectId>/files/<base64url of the name>"
	FileName            Text   `json:"fileName"`
	FileSize            int64  `json:"fileSize"` // bytes
	Link                string `json:"link"`
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

// DictionaryRequest asks for a page of a dictionary.
type DictionaryRequest struct {
	TreeFiltering      string `json:"treeFiltering"` // "ONELEVEL" or "SUBTREE"
	ParentRefItemValue string `json:"parentRefItemValue,omitempty"`
	PageNum            int    `json:"pageNum"` // from 1
	PageSize           int    `json:"pageSize"`
}

// Dictionary is the answer; Error.Code 0 is success, 7 "Entity not found".
type Dictionary struct {
	Error struct {
		Code    int  `json:"code"`
		Message Text `json:"message"`
	} `json:"error"`
	FieldErrors []Text           `json:"fieldErrors"`
	Total       int              `json:"total"`
	Items       []DictionaryItem `json:"items"`
}

// DictionaryItem is one entry of a dictionary.
type DictionaryItem struct {
	Value           string          `json:"value"`
	ParentValue     *string         `json:"parentValue"`
	Title           Text            `json:"title"`
	IsLeaf          bool            `json:"isLeaf"`
	AttributeValues map[string]Text `json:"attributeValues"`
}

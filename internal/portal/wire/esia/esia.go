// Package esia holds the wire types of ЕСИА: paths, parameters, markers and
// person data, as published (sources in docs/protocol.md). The client
// (portal/esia) and the embedded portal (sandbox/esia) import it. Types only.
package esia

import (
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Paths of the endpoints.
const (
	PathAuthorize = "/aas/oauth2/v2/ac"
	PathToken     = "/aas/oauth2/v3/te"
	PathLogout    = "/idp/ext/Logout" // ?client_id=&redirect_url=
	PathPerson    = "/rs/prns/{oid}"
	PathOrg       = "/rs/orgs/{oid}"
	PathAPIKey    = "/esia-rs/api/public/v1/orgs/ext-app/{key}/tkn" // ?signature=
)

// TimestampLayout is the layout of the timestamp parameter.
const TimestampLayout = "2006.01.02 15:04:05 -0700"

// ScopeOrgOGRN is the scope that a marker of an employee must have (SPEC-1.13,
// section 1.1); "?org_oid={oid}" binds it to the organisation.
const ScopeOrgOGRN = "http://esia.gosuslugi.ru/org_ogrn"

// AlgGOST is the value of "alg" in the header of a GOST-signed marker; the
// signature is raw s‖r over Streebog-256 of "header.payload".
const AlgGOST = "GOST3410_2012_256"

// TokenResponse is the answer of the token endpoint.
type TokenResponse struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	State        string `json:"state"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
}

// ErrorResponse is the error answer of the token endpoint; the callback of the
// authorize endpoint carries the same three as query parameters.
type ErrorResponse struct {
	Error       string `json:"error"`             // "invalid_request" …
	Description string `json:"error_description"` // "ESIA-007014: …"
	State       string `json:"state,omitempty"`
}

// RESTError is the error answer of the /rs/ and /esia-rs/ endpoints.
type RESTError struct {
	Code    string         `json:"code"` // "ESIA-005011"
	Message untrusted.Text `json:"message"`
}

// AccessClaims are the claims of an access marker.
type AccessClaims struct {
	NotBefore   int64  `json:"nbf"` // seconds since 1970
	ExpiresAt   int64  `json:"exp"`
	IssuedAt    int64  `json:"iat"`
	Issuer      string `json:"iss"`
	ClientID    string `json:"client_id"`
	Scope       string `json:"scope"` // "openid?oid=1000… fullname?oid=1000…"
	SessionID   string `json:"urn:esia:sid"`
	SubjectID   int64  `json:"urn:esia:sbj_id"`
	OrgOID      int64  `json:"org_oid,omitempty"`
	Permissions string `json:"permissions,omitempty"` // JSON text that names APIPGU
}

// IDClaims are the claims of an id marker.
type IDClaims struct {
	Audience  string      `json:"aud"`
	Subject   json.Number `json:"sub"` // OID: a number in public traces, a text elsewhere
	NotBefore int64       `json:"nbf"`
	ExpiresAt int64       `json:"exp"`
	IssuedAt  int64       `json:"iat"`
	AuthTime  int64       `json:"auth_time"`
	Methods   string      `json:"amr"` // "DS" or "PWD"
	Issuer    string      `json:"iss"`
	SessionID string      `json:"urn:esia:sid"`
	Person    IDPerson    `json:"urn:esia:sbj"`
}

// IDPerson is the subject of an id marker.
type IDPerson struct {
	Type    string `json:"urn:esia:sbj:typ"` // "P"
	Trusted bool   `json:"urn:esia:sbj:is_tru,omitempty"`
	OID     int64  `json:"urn:esia:sbj:oid"`
	Name    string `json:"urn:esia:sbj:nam"`           // "OID.1000299654"
	Level   string `json:"urn:esia:sbj:lvl,omitempty"` // "PR" confirmed, "P" else, "KD" child
}

// Permission is one entry of the permissions parameter, which is base64url
// without padding of a JSON array of these.
type Permission struct {
	ResponsibleObject string    `json:"responsibleObject"`
	Sysname           string    `json:"sysname"` // "APIPGU"
	Expire            int       `json:"expire"`  // minutes
	Actions           []Sysname `json:"actions"`
	Purposes          []Sysname `json:"purposes"`
	Scopes            []Sysname `json:"scopes"`
}

// Sysname is a named member of a permission.
type Sysname struct {
	Sysname string `json:"sysname"`
}

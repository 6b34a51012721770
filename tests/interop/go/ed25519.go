package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"math/big"

	"golang.org/x/mod/sumdb/note"
)

// Go's crypto/ed25519 checks the equation as the format wants it, but takes points of small order.

var (
	fieldPrime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	smallY     = smallOrder()
)

// smallOrder returns the y of the eight points of small order.
func smallOrder() (list []*big.Int) {
	raw, err := hex.DecodeString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	if err != nil {
		panic(err)
	}
	for _, y := range []*big.Int{big.NewInt(0), big.NewInt(1), pointY(raw)} {
		list = append(list, y, new(big.Int).Sub(fieldPrime, y))
	}
	return list
}

func pointY(encoded []byte) *big.Int {
	number := make([]byte, 32)
	for i, b := range encoded[:32] {
		number[31-i] = b
	}
	number[0] &= 0x7f
	return new(big.Int).SetBytes(number)
}

func isRefusedPoint(encoded []byte) bool {
	y := pointY(encoded)
	for _, small := range smallY {
		if y.Cmp(small) == 0 {
			return true
		}
	}
	return y.Cmp(fieldPrime) > 0
}

// signatureFits is how this format checks Ed25519.
func signatureFits(key, message, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && len(signature) == ed25519.SignatureSize &&
		!isRefusedPoint(key) && !isRefusedPoint(signature) && ed25519.Verify(key, message, signature)
}

// A strictKey is a key of a note that is checked so.
type strictKey struct {
	note.Verifier
	key []byte
}

func (k strictKey) Verify(message, signature []byte) bool {
	return signatureFits(k.key, message, signature)
}

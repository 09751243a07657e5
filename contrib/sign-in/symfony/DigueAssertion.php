<?php
// Verifies the header `Digue-Identity`: a JWT that Digue signs with ES256. Needs PHP's openssl only.

namespace App\Digue;

final class DigueAssertion
{
    private const LEEWAY = 30;
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480), up to its uncompressed point.
    private const SPKI = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

    private $portal;
    private $issuer;
    private $file;

    /** `portal` is the map's [portal] name, `issuer` the [digue] name, `file` a copy of /.digue/jwks.json. */
    public function __construct(string $portal, string $issuer, string $file)
    {
        $this->portal = $portal;
        $this->issuer = $issuer;
        $this->file = $file;
    }

    /** The account of a token that Digue signed for this portal within the last minute. */
    public function account(string $token): string
    {
        $parts = explode('.', $token);
        if (3 !== count($parts)) {
            throw new \DomainException('no JWT');
        }
        $head = self::json($parts[0]);
        if ('ES256' !== ($head['alg'] ?? null)) {
            throw new \DomainException('another algorithm');
        }
        $key = $this->key($head['kid'] ?? null);
        $signature = self::der(self::bytes($parts[2]));
        if (1 !== openssl_verify("$parts[0].$parts[1]", $signature, $key, OPENSSL_ALGO_SHA256)) {
            throw new \DomainException('another signature');
        }
        return $this->subject(self::json($parts[1]));
    }

    private function subject(array $claims): string
    {
        if (($claims['iss'] ?? null) !== $this->issuer || ($claims['aud'] ?? null) !== $this->portal) {
            throw new \DomainException('for another portal');
        }
        if (!is_int($claims['exp'] ?? null) || $claims['exp'] + self::LEEWAY < time()) {
            throw new \DomainException('expired');
        }
        $account = $claims['sub'] ?? null;
        if (!is_string($account) || '' === $account) {
            throw new \DomainException('no account');
        }
        return $account;
    }

    private function key($id): string
    {
        $set = json_decode(file_get_contents($this->file), true, 8, JSON_THROW_ON_ERROR);
        foreach ($set['keys'] as $key) {
            if ('EC' === $key['kty'] && 'P-256' === $key['crv'] && $key['kid'] === $id) {
                $der = hex2bin(self::SPKI).self::bytes($key['x']).self::bytes($key['y']);
                return "-----BEGIN PUBLIC KEY-----\n".chunk_split(base64_encode($der), 64).'-----END PUBLIC KEY-----';
            }
        }
        throw new \DomainException('another key');
    }

    /** JWS writes r and s side by side (RFC 7518, 3.4); openssl reads them as a sequence of two integers. */
    private static function der(string $signature): string
    {
        if (64 !== strlen($signature)) {
            throw new \DomainException('no signature');
        }
        $sequence = '';
        foreach (str_split($signature, 32) as $number) {
            $number = ltrim($number, "\0");
            // A leading bit would make it negative.
            $number = ('' === $number || ord($number[0]) > 127) ? "\0$number" : $number;
            $sequence .= "\x02".chr(strlen($number)).$number;
        }
        return "\x30".chr(strlen($sequence)).$sequence;
    }

    private static function bytes(string $text): string
    {
        $bytes = base64_decode(strtr($text, '-_', '+/'), true);
        if (false === $bytes) {
            throw new \DomainException('no base64url');
        }
        return $bytes;
    }

    private static function json(string $text): array
    {
        $value = json_decode(self::bytes($text), true, 8);
        if (!is_array($value)) {
            throw new \DomainException('no JSON object');
        }
        return $value;
    }
}

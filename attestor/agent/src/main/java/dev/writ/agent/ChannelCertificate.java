// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The form in which TLS carries an instance key: an X.509 certificate (RFC 5280) that the key signs
 * itself, of version 3, for TLS clients, and for a day. It says nothing but the key. Written here, for
 * Bouncy Castle takes a one-shot command longer to load than all else on the way.
 */
final class ChannelCertificate {
  /** For a clock of the service's that is behind this one. */
  private static final Duration BEFORE = Duration.ofHours(1);

  private static final Duration AFTER = Duration.ofHours(24);

  /** Left to a certificate that is shown once more. */
  private static final Duration RESERVE = Duration.ofHours(1);

  private static final int FIRST_GENERALIZED_YEAR = 2050;

  private static final byte[] VERSION_3 =
      Der.value(0xa0, Der.integer(BigInteger.TWO)); // [0] EXPLICIT
  private static final byte[] ECDSA_WITH_SHA256 =
      Der.value(Der.SEQUENCE, oid("2a8648ce3d040302")); // 1.2.840.10045.4.3.2
  private static final byte[] NAME =
      Der.value(
          Der.SEQUENCE,
          Der.value(
              Der.SET,
              Der.value(
                  Der.SEQUENCE,
                  oid("550403"), // commonName
                  Der.value(
                      Der.UTF8_STRING, "writ instance".getBytes(StandardCharsets.US_ASCII)))));
  private static final byte[] EXTENSIONS =
      Der.value(
          0xa3, // [3] EXPLICIT
          Der.value(
              Der.SEQUENCE,
              extension("551d0f", Der.value(Der.BIT_STRING, new byte[] {7, (byte) 0x80})),
              extension("551d25", Der.value(Der.SEQUENCE, oid("2b06010505070302")))));

  private ChannelCertificate() {}

  /** keyUsage digitalSignature, and extKeyUsage clientAuth, both critical: nothing else is meant. */
  private static byte[] extension(String id, byte[] value) {
    return Der.value(
        Der.SEQUENCE,
        oid(id),
        new byte[] {1, 1, (byte) 0xff}, // critical
        Der.value(Der.OCTET_STRING, value));
  }

  private static byte[] oid(String hex) {
    return Der.value(Der.OBJECT_IDENTIFIER, HexFormat.of().parseHex(hex));
  }

  /** Its TBSCertificate: what the key signs. */
  static byte[] toBeSigned(ECPublicKey key, Instant now) {
    Instant begin = now.minus(BEFORE).truncatedTo(ChronoUnit.SECONDS);
    return Der.value(
        Der.SEQUENCE,
        VERSION_3,
        // Of its own issuer one after the other.
        Der.integer(BigInteger.valueOf(begin.getEpochSecond())),
        ECDSA_WITH_SHA256,
        NAME,
        Der.value(Der.SEQUENCE, time(begin), time(begin.plus(BEFORE).plus(AFTER))),
        NAME,
        key.getEncoded(),
        EXTENSIONS);
  }

  /**
   * The certificate, in DER.
   *
   * @param p1363 the key's signature of the TBSCertificate, r ‖ s
   */
  static byte[] signed(byte[] toBeSigned, byte[] p1363) {
    return Der.value(Der.SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, Der.bits(Der.ecdsa(p1363)));
  }

  /** Whether it ends soon, or has not begun because the clock was set back. */
  static boolean isOld(X509Certificate certificate, Instant now) {
    return now.plus(RESERVE).isAfter(certificate.getNotAfter().toInstant())
        || now.isBefore(certificate.getNotBefore().toInstant());
  }

  /** RFC 5280, 4.1.2.5: two digits of the year until 2049, four from then on. */
  private static byte[] time(Instant time) {
    boolean generalized = time.atOffset(ZoneOffset.UTC).getYear() >= FIRST_GENERALIZED_YEAR;
    String text =
        DateTimeFormatter.ofPattern(
                generalized ? "yyyyMMddHHmmss'Z'" : "yyMMddHHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(time);
    return Der.value(
        generalized ? Der.GENERALIZED_TIME : Der.UTC_TIME,
        text.getBytes(StandardCharsets.US_ASCII));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Bytes that every machine measures alike, with their digests, each computed once. */
final class MeasuredData {
  private final byte[] data;
  private final Map<TpmAlg, byte[]> digests = new ConcurrentHashMap<>();

  MeasuredData(byte... data) {
    this.data = data.clone();
  }

  static MeasuredData ascii(String text) {
    return new MeasuredData(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The digest; not to be written to. */
  byte[] digest(TpmAlg hash) {
    byte[] digest = digests.get(hash);
    return digest != null
        ? digest
        : digests.computeIfAbsent(hash, alg -> alg.newDigest().digest(data));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StrictJson;
import dev.writ.policy.PolicyDocument;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a file that a user named is by the look of it, for who took one for another. It is believed for no
 * more than the sentence that says so: what is read, its own parser reads.
 */
enum FileKind {
  NOTHING("empty"),
  ZIP("a ZIP, such as an evidence pack, which writ verify --pack reads"),
  BINARY("no text"),
  KEY("a key or a certificate in PEM"),
  TOKEN("a signed token (JWS)"),
  BUNDLE("a proof bundle, which writ verify reads"),
  TRUST("a trust file, which --trust takes"),
  ENVELOPE("a policy envelope, which writ policy sign wrote"),
  POLICY("a policy"),
  OTHER("something else");

  /** Longest of those that are told from one another. */
  private static final int MAX_BYTES = 1 << 20;

  private static final String PEM = "-----BEGIN ";

  private static final byte[] LOCAL_HEADER = {'P', 'K', 3, 4};

  private final String words;

  FileKind(String words) {
    this.words = words;
  }

  /** As a sentence has it: "is" stands before. */
  String words() {
    return words;
  }

  /** The kind of a file that begins so. */
  static FileKind of(byte[] bytes) {
    if (bytes.length == 0) {
      return NOTHING;
    }
    if (Arrays.equals(Arrays.copyOf(bytes, LOCAL_HEADER.length), LOCAL_HEADER)) {
      return ZIP;
    }
    Optional<String> decoded = text(bytes);
    if (decoded.isEmpty()) {
      return BINARY;
    }
    String text = decoded.get().strip();
    if (text.isEmpty()) {
      return NOTHING;
    } else if (text.startsWith(PEM)) {
      return KEY;
    } else if (text.matches("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+")) {
      return TOKEN;
    }
    return ofJson(bytes).orElseGet(() -> isLikePolicy(text) ? POLICY : OTHER);
  }

  /** Of a policy that is not whole, one of these two is left. */
  private static boolean isLikePolicy(String text) {
    return text.contains(PolicyDocument.TYPE) || text.contains("rules");
  }

  private static Optional<FileKind> ofJson(byte[] bytes) {
    JsonMembers members;
    try {
      members = StrictJson.parse(bytes, MAX_BYTES);
      if (members.has("payloadType")) {
        return Optional.of(
            members.text("payloadType").equals(PolicyEnvelope.PAYLOAD_TYPE) ? ENVELOPE : OTHER);
      } else if (members.has("mediaType")) {
        return Optional.of(
            members.text("mediaType").equals(ProofBundle.MEDIA_TYPE) ? BUNDLE : OTHER);
      }
    } catch (MalformedJsonException e) {
      return Optional.empty();
    }
    return members.has("jwks") && members.has("log_policy") ? Optional.of(TRUST) : Optional.empty();
  }

  private static Optional<String> text(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.indexOf('\0') < 0 ? Optional.of(text) : Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}

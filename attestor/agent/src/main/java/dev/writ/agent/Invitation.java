// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Octets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * An operator's word that a host may enrol, once: a JSON file {@code {v: 1, host, secret, expires}}
 * that is carried to the host and is of no more use afterwards.
 *
 * @param host the name under which the host will be known
 * @param secret 32 bytes that nobody else has; the service keeps their digest
 * @param expires its end, whole seconds
 */
public record Invitation(String host, Octets secret, Instant expires) {
  /** Longest file accepted, in bytes. */
  static final int MAX_BYTES = 4096;

  private static final int SECRET_BYTES = 32;
  private static final long MAX_SECONDS = 253_402_300_799L;

  /** The invitation that {@code json} spells. */
  public static Invitation parse(byte[] json) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(json, MAX_BYTES);
    members.version();
    Invitation invitation =
        new Invitation(
            members.text("host"),
            Octets.of(members.base64Url("secret", SECRET_BYTES)),
            Instant.ofEpochSecond(members.integer("expires", 0, MAX_SECONDS)));
    members.end();
    return invitation;
  }

  /**
   * The invitation in {@code file}.
   *
   * @throws IOException if the file cannot be read
   */
  public static Invitation read(Path file) throws IOException, MalformedJsonException {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(in.readNBytes(MAX_BYTES + 1));
    }
  }

  /**
   * Writes it into a new file that only its owner may read.
   *
   * @throws IOException if there is such a file, or it cannot be made
   */
  public void write(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer content = ByteBuffer.wrap(toJson());
      while (content.hasRemaining()) {
        int unused = channel.write(content);
      }
      channel.force(true);
    }
  }

  /** The JSON document. */
  public byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("host", host);
    map.put("secret", JsonService.base64Url(secret.bytes()));
    map.put("expires", expires.getEpochSecond());
    return Jcs.canonical(map);
  }

  /** Whoever reads the secret can enrol in the host's place. */
  @Override
  public String toString() {
    return "invitation of " + host + " until " + expires;
  }
}

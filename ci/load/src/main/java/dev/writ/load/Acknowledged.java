// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.ProofBundle;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An artifact that a service gave away before it was killed.
 *
 * @param challenge the challenge that was used for it
 * @param index of its leaf
 * @param leaf its leaf's hash
 * @param checkpoint under which it was given
 */
record Acknowledged(String challenge, long index, Hash leaf, Checkpoint checkpoint) {
  private static final Pattern CHALLENGE = Pattern.compile("\"challenge\":\"([^\"]*)\"");

  /**
   * What an exchange showed.
   *
   * @param application the whole request
   * @param bundle the answer's body
   */
  static Acknowledged of(byte[] application, byte[] bundle) throws IOException {
    try {
      ProofBundle parsed = ProofBundle.parse(bundle);
      TlogProof proof = TlogProof.parse(parsed.tlogProof());
      return new Acknowledged(
          challengeIn(application),
          proof.index(),
          Leaf.parse(parsed.leaf()).hash(),
          proof.checkpoint());
    } catch (MalformedBundleException | MalformedProofException | MalformedLeafException e) {
      throw new IOException("what the service answered must be a proof bundle", e);
    }
  }

  private static String challengeIn(byte[] application) throws IOException {
    Matcher matcher = CHALLENGE.matcher(new String(application, StandardCharsets.ISO_8859_1));
    if (!matcher.find()) {
      throw new IOException("an application must have a challenge");
    }
    return matcher.group(1);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * A bundle under whose artifact something is asked for or run. That it can be read says nothing of whether
 * it holds.
 */
public record ParentBundle(ProofBundle bundle, Artifact artifact) {
  /** The bundle of which these are the bytes. */
  public static ParentBundle parse(byte[] json) throws MalformedDocumentException {
    ProofBundle bundle = ProofBundle.parse(json);
    return new ParentBundle(bundle, Artifact.parse(bundle.artifact()));
  }

  /**
   * Who asks under it shows to hold its key.
   *
   * @param jkt of the key at hand
   * @throws IllegalArgumentException if it is another
   */
  public void requireKey(Hash jkt) {
    if (!artifact.claims().jkt().equals(jkt)) {
      throw new IllegalArgumentException(
          "the parent must be an artifact of this host's instance key, and is of another: give its"
              + " --state folder");
    }
  }

  Presentation.ParentHere here() {
    return new Presentation.ParentHere(artifact.claims().jti(), Optional.of(bundle));
  }
}

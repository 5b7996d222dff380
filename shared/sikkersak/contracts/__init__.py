"""What services say to each other: modules named by their owner, every type versioned (DESIGN §4).

A fact or an order is a `Message`, named `owner.subject.fact.vN` or `owner.order.vN`. A question from the gateway is an
`Operation`. Messages carry ids, codes and vault references only (R3); the content behind a reference is a dossier.
"""

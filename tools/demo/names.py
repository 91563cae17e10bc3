"""Common forenames, surnames and towns. Nobody is meant: the generator combines them by chance."""

FORENAMES = {
    "nl": {
        "m": "Jan Jef Pieter Wim Koen Bart Tom Luc Dirk Marc Jeroen Stijn Thomas Lars Daan Sem Hugo Joris André"
        " Gerrit Kees Henk Sven René Rik Noël Jens Ruben Matthijs Frans",
        "f": "Anna Els Griet Marleen Katrien Sofie Emma Lotte Ingrid Annelies Hilde Saskia Femke Sanne Nele Leen"
        " Ilse Mieke Zoë Renée Anouk Noor Tess Joke Petra Carla Chloë Eva Rita Truus",
    },
    "fr": {
        "m": "Jean Luc Pierre Michel André François Benoît Jérôme Loïc Éric Thierry Olivier Hugo Louis Nathan Théo"
        " Gaël Cédric Rémi Didier",
        "f": "Marie Anne Céline Hélène Françoise Chloé Léa Zoé Aurélie Sylvie Noémie Émilie Isabelle Nathalie"
        " Camille Inès Élodie Martine Solène Agnès",
    },
    "pl": {
        "m": "Jan Paweł Michał Łukasz Piotr Krzysztof Tomasz Marek Grzegorz Rafał Wojciech Stanisław Jakub Adam"
        " Zbigniew",
        "f": "Anna Małgorzata Agnieszka Katarzyna Ewa Joanna Zofia Elżbieta Bożena Grażyna Świętosława Danuta"
        " Aleksandra Jadwiga Hanna",
    },
}  # fmt: skip

SURNAMES = {
    "BE-nl": "Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters|De Smet|Vermeulen Pauwels Hermans"
    " Aerts Michiels Lemmens|Van den Broeck|De Clercq|Desmet Coppens|Van Damme|Segers Cools Thys Bogaerts"
    "|Van de Velde|Baert Martens|De Cock|Verhoeven",
    "BE-fr": "Dubois Lambert Dupont Martin Simon Leroy Laurent Gérard Renard Collard Noël Denis Lemaître Delvaux"
    " Hénon François Henry Bertrand Lefèvre Mathieu",
    "NL-nl": "|De Jong|Jansen|De Vries|Van den Berg|Bakker Visser Smit Meijer|De Boer|Mulder Bos Vos Peters"
    " Hendriks|Van Leeuwen|Dekker Brouwer|De Wit|Dijkstra Smits|De Graaf|Van der Meer|Kuipers Postma Veenstra"
    " Hoekstra|Van Dijk|Molenaar Scholten Koster",
    "FR-fr": "Bernard Moreau Petit Durand Lefebvre Roux Fournier Girard Bonnet Mercier Lévêque Guérin Boyer Chevalier"
    " Gauthier Perrin Robin Clément Morin Nicolas Rousseau Hébert|Le Gall|Besnard Rivière Garçon Faure Blanchard"
    " Barbé Prévost",
    "BE-pl": "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski"
    " Kozłowski Mazur Jankowski Kwiatkowski Krawczyk Grabowski Pawłowski Michalski Król",
}  # fmt: skip

STREETS = {
    "nl": "Kerkstraat Dorpsstraat Molenstraat Stationsstraat Lindelaan Beukenlaan Schoolstraat Nieuwstraat"
    " Veldstraat Kastanjelaan Bosstraat Wilgenlaan Meidoornstraat Eikenlaan",
    "fr": "Rue_de_l'Église Rue_des_Écoles Avenue_des_Tilleuls Rue_du_Moulin Rue_Haute Place_Saint-Rémy"
    " Chemin_des_Prés Rue_de_la_Forêt Boulevard_Léopold Rue_des_Peupliers",
}

TOWNS = {
    "BE-nl": "9000 Gent|2000 Antwerpen|3000 Leuven|8000 Brugge|9300 Aalst|2800 Mechelen|3500 Hasselt|8500 Kortrijk",
    "BE-fr": "4000 Liège|5000 Namur|7000 Mons|6000 Charleroi|1300 Wavre|4800 Verviers|7500 Tournai",
    "BE-pl": "1000 Bruxelles|2000 Antwerpen|9000 Gent|4000 Liege",
    "NL-nl": "1011 Amsterdam|3011 Rotterdam|3511 Utrecht|5611 Eindhoven|9711 Groningen|6511 Nijmegen|4811 Breda"
    "|7511 Enschede|8911 Leeuwarden",
    "FR-fr": "59000 Lille|62000 Arras|59500 Douai|59140 Dunkerque|62100 Calais|80000 Amiens|02100 Saint-Quentin",
}

COMPANIES = {
    "nl": "Bakkerij Garage Slagerij Drukkerij Schrijnwerkerij Tuincentrum",
    "fr": "Boulangerie Garage Boucherie Imprimerie Menuiserie Pharmacie",
    "pl": "Piekarnia Warsztat Drukarnia",
}

FORMS = {"BE-nl": "BV", "BE-fr": "SRL", "BE-pl": "BV", "NL-nl": "B.V.", "FR-fr": "SARL"}


def surnames(group: str) -> list[str]:
    """Names with a particle stand between bars, all others between spaces."""
    parts = SURNAMES[group].split("|")
    names: list[str] = []
    for part in parts:
        text = part.strip()
        particle = text.startswith(("De ", "Van ", "Le "))
        names += [text] if particle else text.split()
    return names

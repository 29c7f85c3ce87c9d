"""The dictionary of column names: five languages, German, and the usual ERP exports.

For each field the names stand in order of preference, in tiers that begin with a slash: a name of an earlier
tier wins over one of a later tier. They are compared as :func:`kamledger.reading.names.normal` writes them.
"""

from __future__ import annotations

SAID = {
    "line": """
        line no, line number, line nr, linenumber, order line, invoice line, posnr, position no, line item,
        row id, row no, row number, item no line, rowid, lineno, line id, idx, salesorderlinenumber,
        linenum, номер строки, строка, № строки, n строки, номер позиции, rivinumero, rivinro, rivi, rivi
        nro, laskurivi, tilausrivi, position, pos, positionsnummer, zeile, სტრიქონი, სტრიქონის ნომერი, ხაზი,
        ხაზის ნომერი, տող, տողի համար
        / line, item, lfd nr
    """,
    "account": """
        customer id, customer no, customer number, customer code, customer key, customerkey, account id,
        account no, account number, account code, account key, client id, client no, client code, client
        number, resellerkey, reseller id, buyer id, buyer code, master id, masterid, sell to customer no,
        bill to customer no, custaccount, cust account, invoiceaccount, orderaccount, kunnr, kunag, kunde
        nr, debitor nr, sold to party, sold to, ship to party, customer account, cust id, custid, cust no,
        cust code, partner id, debtor no, debtor code, kundennummer, kundennr, kunden nr, debitor,
        auftraggeber, partner code, код клиента, код контрагента, код покупателя, инн, инн покупателя, инн
        контрагента, id клиента, номер клиента, asiakasnumero, asiakasnro, asiakas nro, asiakaskoodi,
        asiakastunnus, asiakas id, y tunnus, კლიენტის კოდი, მყიდველის კოდი, მომხმარებლის კოდი,
        საიდენტიფიკაციო კოდი, კლიენტის ნომერი, კლიენტის id, հաճախորդի կոդ, հաճախորդի համար, գնորդի կոդ,
        հվհհ, գործընկերոջ կոդ, հաճախորդի id, պատվիրատուի կոդ
        / customer, client, account, buyer, reseller, kunde, kunden, asiakas, ostaja, клиент, контрагент,
        покупатель, заказчик, партнер, грузополучатель, დამკვეთი, კლიენტი, მყიდველი, მომხმარებელი,
        კონტრაგენტი, պարտնյոր, հաճախորդ, գնորդ, պատվիրատու, գործընկեր, կոնտրագենտ, partner, debtor, payer,
        bill to party
        / customer name, client name, account name, company, company name, buyer name, reseller name, invoice
        partner display name, partner name, sold to party name, name 1, bill to name, sell to customer name,
        kundenname, firma, asiakkaan nimi, asiakasnimi, yritys, наименование клиента, наименование
        контрагента, название клиента, имя клиента, организация, კლიენტის სახელი, კლიენტის დასახელება,
        კომპანია, հաճախորդի անվանում, հաճախորդի անուն, գնորդի անվանում, ընկերություն
    """,
    "name": """
        customer name, client name, account name, company name, companyname, buyer name, reseller name,
        partner name, invoice partner display name, name1, name 1, sold to party name, sell to customer
        name, bill to name, customer description, kundenname, name des kunden, наименование клиента,
        наименование контрагента, наименование покупателя, название клиента, имя клиента, asiakkaan nimi,
        asiakasnimi, asiakas nimi, ostajan nimi, კლიენტის სახელი, კლიენტის დასახელება, მყიდველის დასახელება,
        კლიენტის სახელწოდება, հաճախորդի անվանում, հաճախորդի անուն, գնորդի անվանում, պատվիրատուի անվանում
        / customer, client, account, buyer, reseller, company, kunde, firma, asiakas, yritys, клиент,
        контрагент, покупатель, заказчик, партнер, კლიენტი, მყიდველი, კომპანია, հաճախորդ, գնորդ,
        ընկերություն, partner, name, nimi, наименование, დასახელება, անվանում
    """,
    "date": """
        date order,
        posting date, invoice date, invoicedate, billing date, booking date, document date, invoice bill
        date, accounting date, bill date, fkdat, budat, rechnungsdatum, fakturadatum, buchungsdatum,
        belegdatum, transdate, laskupäivä, laskun päivä, kirjauspäivä, tositepäivä, laskun pvm,
        laskutuspäivä, tapahtumapäivä, дата счета, дата накладной, дата реализации, дата документа, дата
        продажи, дата проводки, дата отгрузки, ინვოისის თარიღი, დოკუმენტის თარიღი, რეალიზაციის თარიღი,
        გაყიდვის თარიღი, ზედნადების თარიღი, հաշվի ամսաթիվ, փաստաթղթի ամսաթիվ, վաճառքի ամսաթիվ, հաշիվ
        ապրանքագրի ամսաթիվ
        / date, order date, orderdate, sale date, sales date, transaction date, day, datum, pvm, päivämäärä,
        päivä, tilauspäivä, myyntipäivä, дата, дата заказа, период, день, თარიღი, შეკვეთის თარიღი, ամսաթիվ,
        պատվերի ամսաթիվ, օր, bestelldatum, audat, created on, purchase date
        / ship date, shipped date, delivery date, month, toimituspäivä, lieferdatum, месяц, kuukausi
    """,
    "document": """
        invoice no, invoice number, invoiceno, invoice id, invoiceid, invoice, billing document, billing
        doc, document no, document number, document id, doc no, salesordernumber, sales order number, vbeln,
        belnr, bill number, voucher no, rechnungsnummer, rechnung nr, rechnungsnr, fakturanummer, faktura,
        belegnummer, beleg nr, laskunumero, laskunro, laskun numero, lasku, tositenumero, tosite, tositenro,
        номер документа, номер счета, номер накладной, регистратор, документ продажи, документ реализации,
        документ, накладная, счет фактура, счёт, реализация, ინვოისის ნომერი, ინვოისი, დოკუმენტის ნომერი,
        დოკუმენტი, ანგარიშ ფაქტურა, ზედნადები, ზედნადების ნომერი, ფაქტურის ნომერი, հաշվի համար, հաշիվ, հաշիվ
        ապրանքագիր, փաստաթղթի համար, փաստաթուղթ, հաշիվ ֆակտուրա
        / order id, orderid, order no, order number, order reference, order, sales order, sales document,
        document, number, bill no, receipt no, receipt, transaction id, ticket, reference, auftrag,
        auftragsnummer, bestellnummer, tilausnumero, tilausnro, tilaus, numero, заказ, номер заказа, номер,
        чек, შეკვეთა, შეკვეთის ნომერი, ნომერი, პატვერი, պատվեր, պատվերի համար, համար
    """,
    "product": """
        product id, product no, product number, product code, product key, productkey, item code, item no,
        item number, item id, itemid, itemcode, sku, stock code, stockcode, material, material number,
        matnr, article no, article number, article code, article id, part number, part no, artikelnummer,
        artikelnr, artikel nr, materialnummer, tuotenumero, tuotekoodi, tuotenro, tuotetunnus, nimikekoodi,
        nimikenumero, артикул, код товара, код номенклатуры, id товара, код продукта, პროდუქტის კოდი,
        საქონლის კოდი, არტიკული, ნივთის კოდი, ապրանքի կոդ, ապրանքային կոդ, արտիկուլ
        / product, item, article, artikel, produkt, tuote, nimike, товар, номенклатура, продукт, продукция,
        услуга, პროდუქტი, საქონელი, პროდუქცია, ნომენკლატურა, ապրանք, արտադրանք, ապրանքատեսակ, product
        variant, no
        / product name, item name, description, product description, material description, item description,
        arktx, maktx, bezeichnung, artikelbezeichnung, artikelname, produktname, tuotenimi, tuotteen nimi,
        nimikkeen nimi, tuotekuvaus, kuvaus, наименование товара, наименование номенклатуры, наименование
        продукции, название товара, პროდუქტის დასახელება, საქონლის დასახელება, პროდუქტის სახელი, ապրանքի
        անվանում, ապրանքի անուն, արտադրանքի անվանում
    """,
    "product_name": """
        product name, item name, description, product description, material description, item description,
        article name, article description, arktx, maktx, label, bezeichnung, artikelbezeichnung,
        artikelname, produktname, tuotenimi, tuotteen nimi, nimikkeen nimi, tuotekuvaus, kuvaus, selite,
        наименование товара, наименование номенклатуры, наименование продукции, название товара, описание,
        პროდუქტის დასახელება, საქონლის დასახელება, პროდუქტის სახელი, აღწერა, ապրանքի անվանում, ապրանքի
        անուն, արտադրանքի անվանում, նկարագրություն
        / product, item, article, artikel, tuote, nimike, товар, номенклатура, პროდუქტი, საქონელი, ապրանք,
        արտադրանք
    """,
    "product_line": """
        product line, productline, product group, product category, item group, item category, material
        group, matkl, itemgroup, category, item category code, product family, warengruppe, produktgruppe,
        produktlinie, artikelgruppe, tuotelinja, tuoteryhmä, tuotekategoria, nimikeryhmä, номенклатурная
        группа, группа товаров, товарная группа, вид номенклатуры, категория, категория товара, продуктовая
        линия, направление, линейка, პროდუქტის ჯგუფი, პროდუქტის ხაზი, კატეგორია, საქონლის ჯგუფი, პროდუქტის
        კატეგორია, პროდუქციის ხაზი, ապրանքախումբ, ապրանքային խումբ, կատեգորիա, արտադրանքի խումբ, ապրանքային
        գիծ
    """,
    "quantity": """
        quantity, qty, order quantity, orderquantity, ordered qty, invoiced quantity, billed quantity,
        fkimg, kwmeng, billing qty, stock qty, qty ordered, product uom qty, sales quantity, units, units
        sold, pieces, pcs, cds, quantity invoiced, menge, anzahl, stückzahl, fakturierte menge, stück,
        määrä, kpl, lkm, kappalemäärä, laskutettu määrä, myyntimäärä, количество, кол во, колво, кол, шт,
        объем продаж, რაოდენობა, რაოდ, ცალი, ერთეული, քանակ, քանակություն, հատ, volume
    """,
    "unit_price": """
        unit price, unitprice, price per unit, price each, sales price, salesprice, selling price, net
        price, unit net price, unit price excl vat, rate, price unit, einzelpreis, stückpreis, preis, netpr,
        price, yksikköhinta, à hinta, a hinta, kappalehinta, myyntihinta, hinta, veroton hinta, цена, цена
        за единицу, цена без ндс, цена продажи, ერთეულის ფასი, ფასი, გასაყიდი ფასი, միավորի գին, գին,
        վաճառքի գին
    """,
    "discount": """
        discount percentage, discount percent, discount %, disc %, line discount %, discount pct, rabatt %,
        rabatt prozent, alennusprosentti, alennus %, ale %, скидка %, процент скидки, % скидки, ფასდაკლება
        %, ფასდაკლების პროცენტი, զեղչ %, զեղչի տոկոս
        / discount amount, line discount amount, sum of discount, alennussumma, сумма скидки, ფასდაკლების
        თანხა, զեղչի գումար, rabattbetrag
        / discount, disc, rebate, rabatt, nachlass, alennus, ale, скидка, ფასდაკლება, զեղչ
    """,
    "revenue": """
        net revenue, net sales, net amount, netamount, net value, netwr, netto, nettowert, nettobetrag,
        nettoumsatz, untaxed amount, untaxed total, untaxed amount in currency, subtotal, price subtotal,
        tax excl, amount excl vat, amount without tax, line amount excl vat, sales amount actual,
        lineamountmst, line amount, lineamount, base net amount, net total, revenue net, ohne mwst, сумма
        без ндс, выручка без ндс, стоимость без ндс, нетто, выручка нетто, veroton summa, veroton, netto
        summa, nettosumma, nettomyynti, liikevaihto, summa alv 0, summa ilman alv, თანხა დღგ ს გარეშე, ნეტო,
        ნეტო თანხა, գումար առանց ահհ, զուտ գումար, հասույթ առանց ահհ
        / revenue, sales, sales amount, salesamount, sales value, turnover, amount, umsatz, erlös, betrag,
        extended price, line total, linetotal, row total, value, myynti, summa, rivisumma, myyntisumma,
        выручка, сумма, сумма продажи, оборот, сумма продаж, стоимость, стоимость продажи, продажи,
        реализация сумма, შემოსავალი, თანხა, ამონაგები, რეალიზაცია, ნავაჭრი, გაყიდვები, გაყიდვების თანხა,
        գումար, հասույթ, եկամուտ, վաճառք, շրջանառություն, վաճառքի գումար
        / total, total amount, sum, gross amount, amount incl vat, grand total, gesamt, bruttobetrag, brutto,
        yhteensä, bruttosumma, всего, итого, сумма с ндс, სულ, ჯამი, ღირებულება, ընդամենը, ընդհանուր
    """,
    "cost": """
        total product cost, totalproductcost, total cost, cost amount actual, cost amount, cost amount
        posted, line cost, cost of sales, cost of goods sold, cogs, buying amount, wavwr, costamount,
        extended cost, einstandswert, wareneinsatz, selbstkosten, hankintakustannus, myynnin kustannus,
        kustannukset, себестоимость продаж, себестоимость, сумма себестоимости, себестоимость без ндс,
        თვითღირებულება, რეალიზაციის თვითღირებულება, ինքնարժեք, վաճառքի ինքնարժեք
        / cost, costs, kosten, kustannus, затраты, ხარჯი, ծախս
    """,
    "list_revenue": """
        list revenue, list amount, list value, gross list amount, amount at list price, revenue at list
        price, listenwert, bruttolistenwert, listahintainen summa, listasumma, сумма по прайсу, сумма без
        скидки, стоимость по прайсу, თანხა ფასდაკლებამდე, գումար մինչև զեղչ, գումարը մինչև զեղչը
    """,
    "currency": """
        currency, currency code, curr, waerk, waers, doc currency, document currency, transaction currency,
        currencycode, währung, valuutta, валюта, код валюты, ვალუტა, արժույթ
    """,
    "manager": """
        user id, invoice user id,
        salesperson, sales person, salesperson code, salesperson id, sales rep, sales representative, sales
        employee, account manager, manager, manager id, employee key, employeekey, employee id, employeeid,
        employee, seller, owner, rep, sales agent, agent, pernr, salespers purch code, vertreter, verkäufer,
        kundenbetreuer, myyjä, vastuumyyjä, myyntiedustaja, asiakasvastaava, yhteyshenkilö, менеджер,
        ответственный, продавец, торговый представитель, сотрудник, менеджер по продажам, მენეჯერი,
        გამყიდველი, გაყიდვების მენეჯერი, პასუხისმგებელი, մենեջեր, վաճառող, պատասխանատու, վաճառքի մենեջեր
    """,
    "department": """
        department, department code, dept, division, business unit, sales team, sales office, vkbur, branch,
        branch code, cost center, costcenter, global dimension 1 code, sales group, vkgrp, abteilung,
        verkaufsbüro, niederlassung, kostenstelle, osasto, yksikkö, toimipiste, kustannuspaikka, tiimi,
        подразделение, отдел, филиал, департамент, დეპარტამენტი, განყოფილება, ფილიალი, ქვედანაყოფი, բաժին,
        մասնաճյուղ, ստորաբաժանում, բաժանմունք
    """,
    # --- columns of master data, also inside a sales file
    "group": """
        group, group key, group name, corporate group, parent, parent company, parent account, concern,
        holding, konserni, konzern, muttergesellschaft, группа, группа компаний, холдинг, головной
        контрагент, ჯგუფი, ჰოლდინგი, խումբ, ընկերությունների խումբ, հոլդինգ
    """,
    "segment": """
        segment, customer segment, customer group, business type, customer type, industry, branche,
        kundengruppe, kundensegment, segmentti, asiakassegmentti, asiakasryhmä, toimiala, сегмент, тип
        клиента, отрасль, группа клиентов, სეგმენტი, დარგი, սեգմենտ, ոլորտ
    """,
    "launched": """
        launched, launch date, introduced, introduction date, start date, lanseerattu, eingeführt, дата
        запуска, გაშვების თარიღი, թողարկման ամսաթիվ
    """,
    "from": """
        from, valid from, from date, start, member since, von, gültig ab, alkaen, alku, с, дата начала,
        действует с, დან, საწყისი თარიღი, սկիզբ, սկսած
    """,
    "to": """
        to, valid to, until, to date, end, bis, gültig bis, asti, loppu, saakka, по, дата окончания,
        действует по, მდე, საბოლოო თარიღი, ավարտ, մինչև
    """,
    "rate": """
        rate, exchange rate, fx rate, kurs, wechselkurs, kurssi, valuuttakurssi, курс, კურსი, փոխարժեք
    """,
}
